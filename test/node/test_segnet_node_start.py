"""Tests of what a node is given at its start: names, parameters, a parameter file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time

from node_control import make_parameter_arguments
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient

pytestmark = pytest.mark.ros

CONFIG = Path(__file__).parents[2] / 'config' / 'segnet.yaml'
IMAGE = np.zeros((8, 12, 3), np.uint8)


def test_a_silent_topic_is_explained_with_the_topics_that_exist(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    client.advertise('front/image_color')
    node = start_node('--ros-args', '-r', '__ns:=/robot')
    line = node.wait_for('no image on')
    assert '/robot/image_raw' in line
    assert '/front/image_color' in line
    assert '--remap image_raw:=/front/image_color' in line


def test_names_follow_namespace_and_remapping(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    camera = client.advertise('front/image_color')
    heard = client.record('robot/eye/label')
    statuses = client.record_diagnostics()
    start_node(
        '--ros-args', '-r', '__ns:=/robot', '-r', '__node:=eye',
        '-r', 'image_raw:=/front/image_color',
    )  # fmt: skip
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: heard)
    name = 'robot/eye: front/image_color'
    client.spin_until(lambda: any(status['name'] == name for status in statuses), name)


def test_parameters_reach_the_predictor(start_node: Callable[..., NodeProcess]) -> None:
    given = {'checkpoint': 'there', 'device': 'cpu', 'precision': 'bf16'}
    given['backend'] = 'onnxruntime'
    sizes = {'input_height': 64, 'input_width': 96, 'cpu_threads': 2}
    node = start_node(*make_parameter_arguments({**given, **sizes}))
    assert node.wait_for('loading [') == (
        'loading ["there", {"device": "cpu", "precision": "bf16", '
        '"input_size": [64, 96], "cpu_threads": 2, "backend": "onnxruntime"}]'
    )


def test_a_checkpoint_that_is_exchanged_between_hash_and_weights_is_refused(
    start_node: Callable[..., NodeProcess], tmp_path: Path
) -> None:
    path = tmp_path / 'yard.safetensors'
    path.write_bytes(b'meant')
    node = start_node('--load', '2', *make_parameter_arguments({'checkpoint': path}))
    node.wait_for('loading [')
    (tmp_path / 'new').write_bytes(b'other')
    (tmp_path / 'new').replace(path)
    code, _ = node.wait_for_exit()
    assert code == 1
    assert f'{path}: expected a file that stays as it is' in node.output
    assert 'Traceback' not in node.output


def test_time_between_diagnostics_is_a_second_while_loading_too(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_diagnostics()
    start_node('--load', '30', '--ros-args', '-r', '__node:=loader')

    def loading() -> list[dict[str, str]]:
        return [status for status in statuses if status['name'].startswith('loader')]

    client.spin_until(lambda: loading())
    start = time.monotonic()
    client.spin_until(lambda: len(loading()) > 2)
    assert 1.5 < time.monotonic() - start < 6.0  # two periods; the machine may be busy
    assert 'loading' in loading()[-1]['message']


@pytest.mark.parametrize('is_uncommented', [False, True])
def test_the_parameter_file_starts_the_node(
    start_node: Callable[..., NodeProcess], tmp_path: Path, is_uncommented: bool
) -> None:
    """As installed, all of it commented out; and with one parameter changed."""
    text = CONFIG.read_text()
    if is_uncommented:
        for commented, given in (
            ('# /**:', '/**:'),
            ('#   ros__parameters:', '  ros__parameters:'),
            ('# device: auto', 'device: cpu'),
        ):
            assert commented in text
            text = text.replace(commented, given)
    path = tmp_path / 'segnet.yaml'
    path.write_text(text)
    node = start_node('--ros-args', '--params-file', str(path))
    node.wait_for('ready')
    assert ('"cpu"' in node.wait_for('loading [')) == is_uncommented
