"""Remappings apply once to each topic that is heard, also where they exchange two cameras."""

from __future__ import annotations

import array
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import cv2
from node_control import NodeProcess
import numpy as np
import pytest
from rclpy.context import Context
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import qos_profile_sensor_data
from ros_client import make_image
from ros_client import RosClient
from segnet_ros.node.cameras.topic_names import find_topic
from segnet_ros.node.cameras.topic_names import find_topic_beside
from segnet_ros.node.cameras.topic_names import HeardTopic
from segnet_ros.node.cameras.topic_names import TopicError
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage

pytestmark = pytest.mark.ros

VALUES = {'front': 50, 'rear': 90}
"""By namespace of a camera driver: color of its images, and width in its calibration."""


@pytest.fixture
def remap(context: Context) -> Iterator[Callable[..., Node]]:
    """Make nodes with remappings; in the namespace /robot."""
    nodes: list[Node] = []

    def make(*rules: str) -> Node:
        args = ['--ros-args', *(word for rule in rules for word in ('-r', rule))]
        nodes.append(Node('eye', namespace='/robot', context=context, cli_args=args))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def test_a_name_is_kept_as_it_is_given_to_ros(remap: Callable[..., Node]) -> None:
    node = remap('front/image_raw:=/rear/image_raw', '/rear/image_raw:=/x')
    assert find_topic(node, 'front/image_raw') == HeardTopic('front/image_raw', '/rear/image_raw')


@pytest.mark.parametrize(
    ('rules', 'expected'),
    [
        ([], HeardTopic('/cam/info', '/cam/info')),
        (['info:=/a'], HeardTopic('info', '/a')),
        (['info:=/a', '/a:=/b', '/cam/info:=/c'], HeardTopic('info', '/a')),
        (['/cam/info:=/c', 'info:=/cam/info'], HeardTopic('info', '/cam/info')),
    ],
)
def test_a_topic_is_beside_another_unless_it_is_remapped_itself(
    remap: Callable[..., Node], rules: list[str], expected: HeardTopic
) -> None:
    assert find_topic_beside(remap(*rules), 'info', '/cam/info') == expected


def test_a_topic_from_which_remappings_lead_away_is_refused_with_a_remedy_that_helps(
    remap: Callable[..., Node],
) -> None:
    rule = '/cam/info:=/c'
    with pytest.raises(TopicError, match=r'found that remapped to /c; .* --remap ') as raised:
        find_topic_beside(remap(rule), 'info', '/cam/info')
    remedy = str(raised.value).partition('--remap ')[2]
    assert find_topic_beside(remap(rule, remedy), 'info', '/cam/info').topic == '/cam/info'


def exchange(names: Sequence[str]) -> list[str]:
    """Make the arguments that give the topics of each camera to the other."""
    rules = [
        f'{mine}/{name}:=/{other}/{name}'
        for name in names
        for mine, other in (('front', 'rear'), ('rear', 'front'))
    ]
    return [word for rule in rules for word in ('-r', rule)]


def make_message(transport: str, value: int) -> Any:
    pixels = np.full((8, 12, 3), value, np.uint8)
    if transport == 'raw':
        return make_image(pixels)
    message = CompressedImage(format='png', header=make_image(pixels).header)
    message.data = array.array('B', cv2.imencode('.png', pixels)[1].tobytes())
    return message


def advertise_both(client: RosClient, transport: str) -> list[Publisher]:
    """Advertise the images of two cameras, reliably those of the rear."""
    if transport == 'raw':
        topics, kind = ['front/image_raw', 'rear/image_raw'], type(make_message('raw', 0))
    else:
        topics, kind = ['front/image_raw/compressed', 'rear/image_raw/compressed'], CompressedImage
    profiles = (qos_profile_sensor_data, 1)
    return [
        client.node.create_publisher(kind, topic, profile)
        for topic, profile in zip(topics, profiles, strict=True)
    ]


@pytest.mark.parametrize(
    ('transport', 'names'),
    [
        ('raw', ['image_raw']),
        ('raw', ['image_raw', 'camera_info']),
        ('compressed', ['image_raw']),
        ('compressed', ['image_raw', 'image_raw/compressed', 'camera_info']),
    ],
)
def test_two_cameras_can_be_exchanged(
    client: RosClient, start_node: Callable[..., NodeProcess], transport: str, names: list[str]
) -> None:
    start_node(
        *('--ros-args', '-p', 'cameras:=[front, rear]', '-p', f'image_transport:={transport}'),
        *exchange(names),
    )
    statuses = client.record_diagnostics()
    labels = {name: client.record(f'segnet/{name}/label') for name in VALUES}
    infos = {name: client.record(f'segnet/{name}/camera_info', CameraInfo) for name in VALUES}
    cameras = advertise_both(client, transport)
    calibrations = [
        client.node.create_publisher(CameraInfo, f'{name}/camera_info', 1) for name in VALUES
    ]

    def publish_all() -> None:
        for value, camera, calibration in zip(VALUES.values(), cameras, calibrations, strict=True):
            calibration.publish(CameraInfo(width=value, height=value))
            camera.publish(make_message(transport, value))

    client.repeat_until(
        publish_all, lambda: min(map(len, (*labels.values(), *infos.values()))) > 3
    )
    for name, other in (('front', 'rear'), ('rear', 'front')):
        assert {value for message in labels[name] for value in message.data} == {VALUES[other]}
        assert {message.width for message in infos[name]} == {VALUES[other]}
    topics = [camera.topic_name for camera in cameras]
    expected = dict(zip(topics, ('best_effort', 'reliable'), strict=True))

    def describe() -> dict[str, str]:
        return {status['topic']: status['reliability'] for status in statuses[-2:]}

    client.repeat_until(publish_all, lambda: describe() == expected)


def test_remappings_that_leave_no_name_for_a_calibration_end_the_start(
    start_node: Callable[..., NodeProcess],
) -> None:
    rules = [*exchange(['image_raw']), '-r', 'rear/camera_info:=/front/camera_info']
    node = start_node('--ros-args', '-p', 'cameras:=[front, rear]', *rules)
    code, _ = node.wait_for_exit()
    assert code == 1
    assert 'Traceback' not in node.output
    assert '--remap front/camera_info:=/rear/camera_info' in node.output
    node = start_node(
        *('--ros-args', '-p', 'cameras:=[front, rear]', *rules),
        *('-r', 'front/camera_info:=/rear/camera_info'),
    )
    node.wait_for('ready')
