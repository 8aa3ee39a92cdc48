"""
Tests of the names of the classes on ``~/label_info``.

PyPI has no vision_msgs: without it the node has to do all the rest, and where it is installed, a
node on a real graph has to publish.
"""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from lifecycle_msgs.msg import Transition
from node_control import NodeProcess
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from ros_client import make_image
from ros_client import RELIABLE
from ros_client import RosClient
from segnet_ros.core.labels import load_label_set
from segnet_ros.node.label_info import make_entries
from segnet_ros.node.label_info import name_topic
from segnet_ros.node.nav2_config import make_config
from test_lifecycle import change_state

pytestmark = pytest.mark.ros

NAV2 = QoSProfile(depth=5, reliability=RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""How Nav2's semantic segmentation layer subscribes to the names."""


@pytest.fixture
def label_info() -> type:
    """Find the type of the message; skip where it is not installed."""
    messages = pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not installed')
    kind: type = messages.LabelInfo
    return kind


def read_classes(message: Any) -> list[tuple[int, str]]:
    return [(entry.class_id, entry.class_name) for entry in message.class_map]


def read_layer(prefix: str) -> tuple[str, set[str]]:
    """Read topic and names from the configuration of Nav2's layer, for the classes of CamVid."""
    config = make_config(load_label_set('camvid').names, prefix, '/points')
    source = config['semantic_segmentation_layer']['camera']
    names = {name for kind in source['class_types'] for name in source[kind]['classes']}
    return source['labels_topic'], names


def test_entries_name_every_class_by_its_id() -> None:
    entries = make_entries(load_label_set('camvid').names)
    assert entries[0] == {'class_id': 0, 'class_name': 'sky'}
    assert [entry['class_id'] for entry in entries] == list(range(11))


def test_entries_are_those_that_the_configuration_of_nav2_has() -> None:
    """Unlabeled is not one of them: the layer reports a name that it lacks as an error."""
    entries = make_entries(load_label_set('camvid').names)
    assert {entry['class_name'] for entry in entries} == read_layer('/segnet')[1]


@pytest.mark.parametrize(('camera', 'prefix'), [('', '/segnet'), ('front', '/segnet/front')])
def test_the_topic_is_that_of_the_configuration_of_nav2(camera: str, prefix: str) -> None:
    assert name_topic(camera).replace('~', '/segnet') == read_layer(prefix)[0]


def test_without_vision_msgs_only_the_names_are_missing(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node('--without', 'vision_msgs')
    heard = client.record('segnet/label')
    camera = client.advertise()
    image = np.zeros((8, 12, 3), np.uint8)
    client.publish_until(camera, lambda: make_image(image), lambda: heard)
    assert 'WARN' in node.wait_for('vision_msgs is not installed')
    assert node.output.count('vision_msgs') == 1
    assert client.node.count_publishers('/segnet/label_info') == 0


def test_late_subscribers_hear_the_names_and_every_change_once(
    client: RosClient, start_node: Callable[..., NodeProcess], label_info: type
) -> None:
    start_node().wait_for('ready')
    heard = client.record('/segnet/label_info', label_info, NAV2)
    client.spin_until(lambda: heard, 'names')
    assert read_classes(heard[-1]) == [(0, 'this'), (1, 'that')]
    assert heard[-1].threshold == 0.0
    client.set_parameter('segnet', 'min_confidence', 0.25)
    client.spin_until(lambda: heard[-1].threshold == 0.25, 'new threshold')
    assert read_classes(heard[-1]) == [(0, 'this'), (1, 'that')]
    client.spin_for(1.5)  # more than one look of the node at what has changed
    assert len(heard) == 2


def test_every_camera_has_the_names_beside_its_labels(
    client: RosClient, start_node: Callable[..., NodeProcess], label_info: type
) -> None:
    topics = [f'/segnet/{name}/label_info' for name in ('front', 'rear')]
    heard = [client.record(topic, label_info, NAV2) for topic in topics]
    start_node('--ros-args', '-p', 'cameras:=[front, rear]')
    client.spin_until(lambda: all(heard), 'names')


def test_a_network_of_other_classes_publishes_its_own(
    client: RosClient, start_node: Callable[..., NodeProcess], label_info: type
) -> None:
    heard = client.record('/segnet/label_info', label_info, NAV2)
    start_node('--ros-args', '-p', 'autostart:=false')
    assert change_state(client, Transition.TRANSITION_CONFIGURE)
    configured_s = time.time()
    client.spin_until(lambda: heard, 'names')
    assert heard[-1].header.stamp.sec + heard[-1].header.stamp.nanosec / 1e9 < configured_s
    assert change_state(client, Transition.TRANSITION_CLEANUP)
    client.set_parameter('segnet', 'checkpoint', 'other')
    assert change_state(client, Transition.TRANSITION_CONFIGURE)
    client.spin_until(lambda: len(heard) > 1, 'other names')
    assert read_classes(heard[-1]) == [(0, 'these'), (1, 'those')]
