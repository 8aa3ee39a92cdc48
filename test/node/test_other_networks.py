"""The real node with every network that a checkpoint can hold, and with samples of dropout."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from node_control import make_parameter_arguments
from node_control import NodeProcess
from node_control import REAL
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_client import make_image
from ros_client import RosClient
from std_srvs.srv import Trigger

pytest.importorskip('torch', reason='needs PyTorch')

from segnet_ros.core.labels import load_label_set
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.registry import MODULES

pytestmark = pytest.mark.ros

PIXELS = np.random.default_rng(3).integers(0, 256, (50, 90, 3), dtype=np.uint8)


@pytest.fixture(scope='module')
def node(small_checkpoint: Path) -> Iterator[NodeProcess]:
    """Run the real node with a SegNet."""
    values = {'checkpoint': small_checkpoint, 'device': 'cpu', 'precision': 'fp32'}
    process = NodeProcess(*make_parameter_arguments(values), program=REAL)
    try:
        process.wait_for('ready')
        yield process
    finally:
        process.end()


def change(client: RosClient, name: str, value: Any) -> Any:
    """Ask for a change of a parameter, and return the result."""
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    (result,) = client.call(SetParameters, 'segnet/set_parameters', request).results
    return result


def reload(client: RosClient, path: Path) -> Any:
    """Exchange the network, and return the answer."""
    assert change(client, 'checkpoint', str(path)).successful
    return client.call(Trigger, 'segnet/reload', Trigger.Request())


def hear_next(client: RosClient, heard: list[Any]) -> Any:
    """Publish images until one more output is heard, and return it."""
    before = len(heard)
    camera = client.advertise()
    client.publish_until(camera, lambda: make_image(PIXELS), lambda: len(heard) > before)
    client.node.destroy_publisher(camera)
    return heard[-1]


@pytest.mark.parametrize('name', MODULES)
def test_every_network_labels_images(
    node: NodeProcess,
    client: RosClient,
    save_small_checkpoint: Callable[..., None],
    tmp_path: Path,
    name: str,
) -> None:
    path = tmp_path / f'{name}.safetensors'
    save_small_checkpoint(path, load_label_set('camvid'), network=name)
    heard = client.record('segnet/label')
    answer = reload(client, path)
    assert answer.success, answer.message
    label = hear_next(client, heard)
    expected = Predictor.from_checkpoint(path, 'cpu', 'fp32').predict(PIXELS).label
    assert expected is not None
    assert (label.height, label.width) == expected.shape
    assert label.data.tobytes() == expected.tobytes()


def test_samples_are_drawn_from_a_network_with_dropout(
    node: NodeProcess,
    client: RosClient,
    save_small_checkpoint: Callable[..., None],
    small_checkpoint: Path,
    tmp_path: Path,
) -> None:
    path = tmp_path / 'bayesian.safetensors'
    save_small_checkpoint(path, load_label_set('camvid'), network='bayesian-segnet')
    assert reload(client, path).success
    heard = client.record('segnet/uncertainty')
    same = [hear_next(client, heard).data.tobytes() for _ in range(2)]
    assert same[0] == same[1]
    assert change(client, 'mc_samples', 4).successful
    hear_next(client, heard)  # perhaps taken before the change
    others = [hear_next(client, heard).data.tobytes() for _ in range(2)]
    assert others[0] != others[1]
    assert heard[-1].encoding == 'mono8'
    refused = reload(client, small_checkpoint)
    assert not refused.success
    assert 'expected a network that can be sampled for mc_samples:=4' in refused.message
    assert change(client, 'mc_samples', 0).successful
    assert reload(client, small_checkpoint).success
    result = change(client, 'mc_samples', 4)
    assert not result.successful
    assert 'found another; set mc_samples to 0' in result.reason
