"""The node with its real predictor: start-up problems, and an image through the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import random
import signal
import subprocess
import sys
import time

from node_control import make_parameter_arguments
from node_control import NodeProcess
from node_control import REAL
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.predictor import Predictor
from test_failure import assert_clean_exit
from test_failure import LIMIT_S
import torch

pytestmark = pytest.mark.ros

Start = Callable[..., NodeProcess]


@pytest.fixture
def start(start_node: Start) -> Start:
    """Start the real node with parameters."""

    def start_real(**values: object) -> NodeProcess:
        return start_node(*make_parameter_arguments(values), program=REAL)

    return start_real


def export(checkpoint: Path, folder: Path) -> Path:
    """Export a checkpoint, and return the file."""
    onnx = pytest.importorskip('onnx', reason='needs the extra onnx')
    from segnet_ros.core.checkpoint import load_checkpoint
    from segnet_ros.export.exported_model import build_model
    from segnet_ros.export.exported_model import Export

    path = folder / 'exported.onnx'
    onnx.save(build_model(load_checkpoint(checkpoint), Export((64, 96), (48, 64))), path)
    return path


@pytest.mark.parametrize(
    ('name', 'value', 'expected'),
    [
        ('checkpoint', '{tmp}/none.safetensors', "no checkpoint at '{tmp}/none.safetensors'"),
        ('checkpoint', '{tmp}/broken.safetensors', 'expected a safetensors file, could not'),
        pytest.param(
            'device',
            'cuda',
            "expected a GPU for device 'cuda'",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU'),
        ),
        ('checkpoint', '{tmp}/broken.onnx', "for the backend 'torch', found an ONNX file; use"),
        ('device', 'tpu', "expected device 'auto', 'cpu', 'cuda' or 'cuda:N', got 'tpu'"),
    ],
)
def test_what_is_wrong_at_the_start_is_told_in_one_line(
    start: Start, small_checkpoint: Path, tmp_path: Path, name: str, value: str, expected: str
) -> None:
    for suffix in ('safetensors', 'onnx'):
        (tmp_path / f'broken.{suffix}').write_bytes(small_checkpoint.read_bytes()[:5000])
    node = start(**{name: value.format(tmp=tmp_path)})
    node.wait_for_exit()
    (line,) = [line for line in node.lines if 'FATAL' in line or 'ERROR' in line]
    assert expected.format(tmp=tmp_path) in line
    assert 'Traceback' not in node.output


@pytest.mark.parametrize(
    ('package', 'arguments', 'expected'),
    [
        ('torch', [], 'expected PyTorch (2.3 or later) and safetensors, found no torch; install'),
        (
            'onnxruntime',
            make_parameter_arguments({'backend': 'onnxruntime'}),
            "for the backend 'onnxruntime', found none; install",
        ),
    ],
)
def test_a_missing_package_is_named_in_one_line(
    package: str, arguments: list[str], expected: str
) -> None:
    program = (
        f"import sys; sys.modules['{package}'] = None\n"
        'from segnet_ros.node.segnet_node import main\n'
        f"main(['segnet_node', *{arguments!r}])"
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if 'FATAL' in line]
    assert expected in line
    assert 'Traceback' not in result.stderr


def test_the_exit_code_of_a_wrong_start_is_1(start: Start) -> None:
    code, _ = start(checkpoint='none').wait_for_exit()
    assert code == 1


@pytest.mark.parametrize('kind', ['torch', 'onnxruntime', 'exported'])
def test_outputs_are_the_predictor_s_at_the_size_and_with_the_header_of_the_image(
    client: RosClient, start: Start, small_checkpoint: Path, tmp_path: Path, kind: str
) -> None:
    backend = 'torch' if kind == 'torch' else 'onnxruntime'
    path = export(small_checkpoint, tmp_path) if kind == 'exported' else small_checkpoint
    pytest.importorskip(backend, reason='needs the extra onnx')
    statuses = client.record_network_diagnostics()
    node = start(checkpoint=path, device='cpu', precision='fp32', backend=backend)
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
    client.spin_until(lambda: any(status.get('backend') == backend for status in statuses))
    node.signal(signal.SIGINT)
    assert_clean_exit(node)


@pytest.mark.soak
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_time_ends_the_packaged_network_cleanly(
    client: RosClient, start: Start, number: signal.Signals
) -> None:
    """A hundred times: while importing, loading, warming up, idle and in mid-inference."""
    choose = random.Random(int(number))
    client.record('segnet/label')
    camera = client.advertise()
    pixels = np.zeros((480, 640, 3), np.uint8)
    for _ in range(50):
        node = start(device='cpu')
        end = time.monotonic() + choose.uniform(0.5, 6.0)
        client.publish_until(
            camera, lambda: make_image(pixels), lambda end=end: time.monotonic() > end
        )
        node.signal(number)
        assert_clean_exit(node, LIMIT_S)
