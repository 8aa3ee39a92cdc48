"""
Every usual viewer hears every usual camera, and is told of where it cannot, on a real graph.

Sources of the viewers' settings: rviz_common/ros_topic_display.hpp, rclcpp/qos.hpp, and
semantic_segmentation_layer.cpp of github.com/kiwicampus/semantic_segmentation_layer.
"""

from __future__ import annotations

from collections.abc import Callable
import importlib.util
import time
from typing import Any

from node_control import NodeProcess
import numpy as np
import pytest
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy
from rclpy.qos import qos_profile_sensor_data
from rclpy.qos import QoSProfile
from ros_client import BEST_EFFORT
from ros_client import make_image
from ros_client import PATIENCE_S
from ros_client import RELIABLE
from ros_client import RosClient
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros

CAMERAS = {'reliable': RELIABLE, 'best_effort': BEST_EFFORT}
VIEWERS = {
    'RViz': QoSProfile(depth=5, reliability=RELIABLE),
    'RViz, set to best effort': QoSProfile(depth=5, reliability=BEST_EFFORT),
    'sensor data': qos_profile_sensor_data,
    'Nav2': QoSProfile(depth=50, reliability=BEST_EFFORT),
}
KEEPING = QoSProfile(depth=1, reliability=RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
BEST = QoSProfile(depth=1, reliability=BEST_EFFORT)
LESS = '/segnet/overlay'
"""An output that qos_overrides makes best effort."""
KEPT = 'volatile publisher and transient local subscription'
ASK_LESS = 'let it ask for no more than'
CASES = {
    'kept images': ('/segnet/label', Image, KEEPING, KEPT, f'{ASK_LESS} reliable and volatile'),
    'kept files': (
        '/segnet/label/compressed', CompressedImage, KEEPING,
        KEPT, f'{ASK_LESS} reliable and volatile',
    ),
    'kept calibrations': (
        '/segnet/camera_info', CameraInfo, KEEPING,
        KEPT, f'{ASK_LESS} reliable and volatile',
    ),
    'a deadline': (
        '/segnet/color', Image, QoSProfile(depth=1, deadline=Duration(seconds=1)),
        'subscription deadline is less than publisher deadline',
        f'{ASK_LESS} reliable and volatile',
    ),
    'all images of less': (
        LESS, Image, VIEWERS['RViz'],
        'best effort publisher and reliable subscription',
        f'remove qos_overrides.{LESS}.publisher.reliability, or {ASK_LESS} best effort and'
        ' volatile',
    ),
}  # fmt: skip
"""By what a viewer asks for: topic, type and profile, why it is deaf and what to do."""
IMAGE = np.zeros((8, 12, 3), np.uint8)
PERIOD_S = 0.1


def advertise_cameras(client: RosClient, moment: str) -> dict[str, Publisher]:
    """Create a camera of each reliability, named by it and by when it was created."""
    return {
        f'{name}_{moment}': client.advertise(f'{name}_{moment}/image_raw', reliability)
        for name, reliability in CAMERAS.items()
    }


def publish_from_all_until(
    client: RosClient, cameras: dict[str, Publisher], find_missing: Callable[[], list[Any]]
) -> None:
    """Publish images whose pixels tell the camera, until nothing is missing."""
    deadline = time.monotonic() + PATIENCE_S
    while missing := find_missing():
        assert time.monotonic() < deadline, f'missing after {PATIENCE_S} s: {missing}'
        for number, camera in enumerate(cameras.values()):
            camera.publish(make_image(np.full_like(IMAGE, number)))
        client.spin_for(PERIOD_S)


def test_every_viewer_hears_every_camera(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    cameras = advertise_cameras(client, 'before')
    names = [*cameras, *(f'{name}_after' for name in CAMERAS)]
    node = start_node('--ros-args', '-p', f'cameras:=[{", ".join(names)}]')
    node.wait_for('ready')
    cameras |= advertise_cameras(client, 'after')
    statuses = client.record_diagnostics()
    heard = {
        (camera, viewer): client.record(f'segnet/{camera}/label', profile=profile)
        for camera in cameras
        for viewer, profile in VIEWERS.items()
    }

    def find_missing() -> list[Any]:
        """Find who is deaf, and which camera is not heard as reliably as it could be."""
        deaf = [key for key, messages in heard.items() if len(messages) < 3]
        found = {status['topic']: status['reliability'] for status in statuses}
        expected = {f'/{camera}/image_raw': camera.rpartition('_')[0] for camera in cameras}
        return deaf + [camera for camera in expected.items() if camera not in found.items()]

    publish_from_all_until(client, cameras, find_missing)
    numbers = dict(zip(cameras, range(len(cameras)), strict=True))
    for (camera, viewer), messages in heard.items():
        labels = {value for message in messages for value in message.data}
        assert labels == {numbers[camera]}, (camera, viewer)
    assert 'hears nothing' not in node.output


def test_what_is_told_of_the_subscription_is_what_it_has_after_overrides(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_diagnostics()
    start_node('--ros-args', '-p', 'qos_overrides./image_raw.subscription.history:=keep_all')
    client.spin_until(lambda: statuses and statuses[-1]['history'] == 'keep all', 'keep all')


@pytest.mark.filterwarnings('ignore:Deprecated in favor:DeprecationWarning')  # in rclpy's own code
@pytest.mark.parametrize('name', CASES)
def test_a_viewer_that_hears_nothing_is_told_of_until_it_is_gone(
    client: RosClient, start_node: Callable[..., NodeProcess], name: str
) -> None:
    topic, kind, profile, why, remedy = CASES[name]
    reliability = f'qos_overrides.{LESS}.publisher.reliability:=best_effort'
    node = start_node('--ros-args', '-p', reliability)
    camera = client.advertise()
    statuses = client.record_diagnostics()
    deaf: list[Any] = []
    viewer = client.node.create_subscription(kind, topic, deaf.append, profile)
    expected = f'{topic}: test_client hears nothing, because of its QoS ({why}); {remedy}'

    def is_told() -> bool:
        told = [(status['level'], status['message']) for status in statuses[-1:]]
        return told == [('1', expected)]

    client.publish_until(camera, lambda: make_image(IMAGE), is_told)
    assert 'WARN' in node.wait_for(expected)
    client.node.destroy_subscription(viewer)
    heard = [client.record(LESS, profile=BEST), client.record('segnet/color')]
    client.publish_until(
        camera,
        lambda: make_image(IMAGE),
        lambda: all(heard) and statuses[-1]['message'] == 'OK',
    )
    assert not deaf
    assert node.output.count('hears nothing') == 1


@pytest.mark.filterwarnings('ignore:Deprecated in favor:DeprecationWarning')  # in rclpy's own code
def test_the_names_of_the_classes_are_watched_too(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    messages = pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not installed')
    topic = '/segnet/label_info'
    start_node('--ros-args', '-p', f'qos_overrides.{topic}.publisher.reliability:=best_effort')
    camera = client.advertise()
    statuses = client.record_diagnostics()
    client.record(topic, messages.LabelInfo, KEEPING)
    told = f'{topic}: test_client hears nothing, because of its QoS (best effort'
    client.publish_until(
        camera,
        lambda: make_image(IMAGE),
        lambda: statuses and statuses[-1]['message'].startswith(told),
    )


def find_publishers(node: Node, name: str) -> dict[str, QoSProfile]:
    """Find topics and settings of all publishers of another node, as far as it is discovered."""
    if name not in node.get_node_names():
        return {}
    topics = [topic for topic, _ in node.get_publisher_names_and_types_by_node(name, '/')]
    return {
        topic: info.qos_profile
        for topic in topics
        for info in node.get_publishers_info_by_topic(topic)
        if info.node_name == name
    }


def test_nothing_but_the_names_of_the_classes_is_kept_for_late_subscribers(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    outputs = {'label', 'confidence', 'color', 'overlay', 'uncertainty'}
    expected = {f'/segnet/{name}{kind}' for name in outputs for kind in ('', '/compressed')}
    expected |= {'/segnet/camera_info', '/diagnostics'}
    if importlib.util.find_spec('vision_msgs'):
        expected.add('/segnet/label_info')
    start_node().wait_for('ready')
    client.spin_until(lambda: expected <= find_publishers(client.node, 'segnet').keys())
    found = find_publishers(client.node, 'segnet')
    del found['/rosout']  # not ours; every node keeps its log
    kept = {
        topic
        for topic, profile in found.items()
        if profile.durability != DurabilityPolicy.VOLATILE
    }
    assert kept == {topic for topic in expected if topic.endswith('/label_info')}
    assert {profile.reliability for profile in found.values()} == {RELIABLE}
