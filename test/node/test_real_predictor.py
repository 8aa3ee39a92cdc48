"""The node with its real predictor: start-up problems, and an image through the network."""

from __future__ import annotations

from collections.abc import Callable
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.predictor import Predictor
import torch

pytestmark = pytest.mark.ros

PATIENCE_S = 60.0


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start the real node with parameters; it ends with the test."""
    processes = []

    def start_process(*parameters: str) -> subprocess.Popen[str]:
        arguments = [word for parameter in parameters for word in ('-p', parameter)]
        processes.append(
            subprocess.Popen(
                [sys.executable, '-m', 'segnet_ros.node.segnet_node', '--ros-args', *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=os.environ,
            )
        )
        return processes[-1]

    yield start_process
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ('parameter', 'expected'),
    [
        ('checkpoint:={tmp}/none.safetensors', "no checkpoint at '{tmp}/none.safetensors'"),
        ('checkpoint:={tmp}/broken.safetensors', 'expected a safetensors file, could not read it'),
        pytest.param(
            'device:=cuda',
            "expected a GPU for device 'cuda'",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU'),
        ),
        ('device:=tpu', "expected device 'auto', 'cpu', 'cuda' or 'cuda:N', got 'tpu'"),
    ],
)
def test_what_is_wrong_at_the_start_is_told_in_one_line(
    start, small_checkpoint, tmp_path, parameter, expected
):
    (tmp_path / 'broken.safetensors').write_bytes(small_checkpoint.read_bytes()[:5000])
    output, _ = start(parameter.format(tmp=tmp_path)).communicate(timeout=PATIENCE_S)
    (line,) = [line for line in output.splitlines() if 'FATAL' in line or 'ERROR' in line]
    assert expected.format(tmp=tmp_path) in line
    assert 'Traceback' not in output


def test_a_missing_package_is_named_in_one_line():
    program = (
        "import sys; sys.modules['torch'] = None\n"
        'from segnet_ros.node.segnet_node import main\n'
        "main(['segnet_node'])"
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if 'FATAL' in line]
    assert 'expected PyTorch' in line
    assert 'found no torch; install it' in line
    assert 'Traceback' not in result.stderr


def test_the_exit_code_of_a_wrong_start_is_1(start):
    assert start('checkpoint:=none').wait(PATIENCE_S) == 1


def test_outputs_are_the_predictor_s_at_the_size_and_with_the_header_of_the_image(
    client: RosClient, start, small_checkpoint
):
    process = start(f'checkpoint:={small_checkpoint}', 'device:=cpu', 'precision:=fp32')
    heard = {name: client.record(f'segnet/{name}') for name in OUTPUTS}
    camera = client.advertise()
    pixels = np.random.default_rng(3).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    message = make_image(pixels, padding=7)
    client.publish_until(camera, lambda: message, lambda: all(heard.values()))

    expected = Predictor.from_checkpoint(small_checkpoint, 'cpu', 'fp32').predict(pixels, OUTPUTS)
    for name in OUTPUTS:
        output = heard[name][0]
        array = np.frombuffer(output.data, np.uint8).reshape(getattr(expected, name).shape)
        assert output.header == message.header
        assert (output.height, output.width) == (50, 90)
        assert np.mean(array == getattr(expected, name)) > 0.999
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0


@pytest.mark.soak
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_time_ends_the_packaged_network_cleanly(
    client: RosClient, start, number: signal.Signals
):
    """A hundred times: while importing, loading, warming up, idle and in mid-inference."""
    choose = random.Random(int(number))
    client.record('segnet/label')
    camera = client.advertise()
    pixels = np.zeros((480, 640, 3), np.uint8)
    for _ in range(50):
        process = start('device:=cpu')
        end = time.monotonic() + choose.uniform(0.5, 6.0)
        client.publish_until(
            camera, lambda: make_image(pixels), lambda end=end: time.monotonic() > end
        )
        process.send_signal(number)
        sent = time.monotonic()
        output, _ = process.communicate(timeout=PATIENCE_S)
        assert time.monotonic() - sent < 2.0, output
        assert process.returncode == 0, output
        assert 'Traceback' not in output
