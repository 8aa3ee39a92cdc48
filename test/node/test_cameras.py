"""Tests of several cameras on one node, as a process on a real graph."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import time
from typing import Any

import cv2
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from test_overload import assert_sums_up

pytestmark = pytest.mark.ros

OUTPUTS = ('label', 'confidence', 'color', 'overlay', 'uncertainty')
NAMES = ('front', 'rear', 'left', 'right')


def start_with_cameras(
    start_node: Callable[..., NodeProcess], names: Sequence[str], *args: str
) -> NodeProcess:
    return start_node(*args, '--ros-args', '-p', f'cameras:=[{", ".join(names)}]')


def find_size(message: Any) -> tuple[int, int]:
    """Tell height and width of what a message shows, or is about."""
    if isinstance(message, CompressedImage):
        height, width = cv2.imdecode(np.frombuffer(message.data, np.uint8), -1).shape[:2]
        return height, width
    return message.height, message.width


def of_camera(statuses: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    return [status for status in statuses if status['name'] == f'segnet: {name}/image_raw']


def test_outputs_keep_header_and_size_of_their_camera(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_with_cameras(start_node, ['front', 'rear'])
    shapes = {'front': (20, 33), 'rear': (48, 64)}
    cameras = {name: client.advertise(f'{name}/image_raw') for name in shapes}
    heard = {
        (name, output): client.record(f'segnet/{name}/{output}')
        for name in shapes
        for output in OUTPUTS
    }
    for name in shapes:
        for output in OUTPUTS:
            topic = f'{output}/compressed'
            heard[name, topic] = client.record(f'segnet/{name}/{topic}', CompressedImage)
        heard[name, 'camera_info'] = client.record(f'segnet/{name}/camera_info', CameraInfo)
    infos = {
        name: client.node.create_publisher(CameraInfo, f'{name}/camera_info', 1) for name in shapes
    }
    for camera in cameras.values():
        client.wait_for_subscriber(camera)
    sent: dict[str, list[tuple[int, int]]] = {name: [] for name in shapes}
    stamp_ns = time.time_ns()

    def publish_both() -> None:
        nonlocal stamp_ns
        for name, shape in shapes.items():
            stamp_ns += 1_000_003
            message = make_image(np.full((*shape, 3), len(name), np.uint8), stamp_ns=stamp_ns)
            message.header.frame_id = f'{name}_optical'
            sent[name].append((message.header.stamp.sec, message.header.stamp.nanosec))
            infos[name].publish(CameraInfo(header=message.header, height=shape[0], width=shape[1]))
            cameras[name].publish(message)

    client.repeat_until(publish_both, lambda: min(map(len, heard.values())) >= 5)
    for (name, _), messages in heard.items():
        for message in messages:
            assert message.header.frame_id == f'{name}_optical'
            stamp = (message.header.stamp.sec, message.header.stamp.nanosec)
            assert stamp in sent[name]
            assert find_size(message) == shapes[name]


def test_each_of_four_cameras_gets_its_share(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    delay_s, seconds, rate = 0.05, 6.0, 30
    node = start_with_cameras(start_node, NAMES, '--delay', str(delay_s))
    statuses = client.record_diagnostics()
    heard = {name: client.record(f'segnet/{name}/label') for name in NAMES}
    cameras = [client.advertise(f'{name}/image_raw') for name in NAMES]
    for camera in cameras:
        client.wait_for_subscriber(camera)
    start = time.monotonic()
    for step in range(round(seconds * rate)):
        client.spin_for(max(0.001, start + step / rate - time.monotonic()))
        for number, camera in enumerate(cameras):
            camera.publish(make_image(np.full((48, 64, 3), number, np.uint8)))
    shares = {name: len(messages) for name, messages in heard.items()}
    assert sum(shares.values()) > 0.25 * seconds / delay_s  # the machine may be busy
    assert min(shares.values()) >= max(shares.values()) - 3, shares
    turns = [report['pixel'][0] for report in node.reports][8:]
    # Whoever waited longest is next: in four turns each has one, but where an image came late.
    rounds = [set(turns[n : n + 4]) for n in range(0, len(turns) - 3, 4)]
    assert sum(len(one) == 4 for one in rounds) > 0.8 * len(rounds)
    assert_sums_up(statuses)
    for name in NAMES:
        assert int(of_camera(statuses, name)[-1]['dropped: replaced']) > 0


def test_images_of_one_size_are_computed_at_once_where_that_is_cheaper(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_with_cameras(start_node, NAMES, '--batches', '--delay', '0.1')
    statuses, network = client.record_diagnostics(), client.record_network_diagnostics()
    heard = {name: client.record(f'segnet/{name}/label') for name in NAMES}
    overlays = client.record('segnet/rear/overlay')
    cameras = {name: client.advertise(f'{name}/image_raw') for name in NAMES}
    for camera in cameras.values():
        client.wait_for_subscriber(camera)
    values = {name: 10 * number for number, name in enumerate(NAMES, 1)}
    shapes = {name: (20, 33) if name == 'right' else (24, 32) for name in NAMES}

    def publish_all() -> None:
        for name, camera in cameras.items():
            camera.publish(make_image(np.full((*shapes[name], 3), values[name], np.uint8)))

    client.repeat_until(publish_all, lambda: min(map(len, heard.values())) >= 6)
    assert max(report['batch'] for report in node.reports) == 2  # of three alike
    for report in node.reports:
        assert report['batch'] == 1 or report['pixel'][0] != values['right']
    for name, messages in heard.items():
        for message in messages:
            assert (message.height, message.width) == shapes[name]
            assert set(message.data) == {values[name]}
    assert overlays
    assert set(overlays[-1].data) == {values['rear'] // 2}
    client.spin_until(lambda: any(status.get('images at once') == '4' for status in network))
    client.spin_for(1.1)
    for name in NAMES:
        assert_sums_up(of_camera(statuses, name))


def test_no_more_images_are_computed_at_once_than_the_parameter_says(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node(
        *('--batches', '--delay', '0.1', '--ros-args'),
        *('-p', 'cameras:=[front, rear, left]', '-p', 'max_batch:=2'),
    )
    heard = [client.record(f'segnet/{name}/label') for name in NAMES[:3]]
    cameras = [client.advertise(f'{name}/image_raw') for name in NAMES[:3]]
    for camera in cameras:
        client.wait_for_subscriber(camera)

    def publish_all() -> None:
        for camera in cameras:
            camera.publish(make_image(np.zeros((24, 32, 3), np.uint8)))

    client.repeat_until(publish_all, lambda: min(map(len, heard)) >= 4)
    assert max(report['batch'] for report in node.reports) == 2


def test_a_camera_is_limited_and_disabled_at_run_time(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_with_cameras(start_node, ['front', 'rear'])
    statuses = client.record_diagnostics()
    heard = {name: client.record(f'segnet/{name}/label') for name in ('front', 'rear')}
    cameras = [client.advertise(f'{name}/image_raw') for name in ('front', 'rear')]
    for camera in cameras:
        client.wait_for_subscriber(camera)

    def count(seconds: float) -> dict[str, int]:
        for messages in heard.values():
            messages.clear()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for camera in cameras:
                camera.publish(make_image(np.zeros((8, 12, 3), np.uint8)))
            client.spin_for(0.02)
        return {name: len(messages) for name, messages in heard.items()}

    count(1.0)
    client.set_parameter('segnet', 'camera.front.max_rate', 4.0)
    limited = count(2.0)
    assert 6 <= limited['front'] <= 10
    assert limited['rear'] > limited['front']
    client.set_parameter('segnet', 'camera.front.max_rate', 0.0)
    client.set_parameter('segnet', 'camera.rear.enabled', False)
    count(0.3)
    disabled = count(1.0)
    assert disabled['rear'] == 0
    assert disabled['front'] > 3
    client.set_parameter('segnet', 'camera.rear.enabled', True)
    count(0.3)
    assert count(1.0)['rear'] > 3
    client.spin_until(
        lambda: int(of_camera(statuses, 'rear')[-1].get('dropped: disabled', 0)) > 10
    )
    assert int(of_camera(statuses, 'front')[-1]['dropped: rate_capped']) > 10
    assert_sums_up(statuses)


def test_nothing_is_published_of_a_limited_camera_that_has_stopped(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node('--ros-args', '-p', 'camera.max_rate:=0.5')
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.advertise()
    image = make_image(np.zeros((8, 12, 3), np.uint8))
    client.publish_until(camera, lambda: image, lambda: heard, period_s=0.02)
    for _ in range(10):
        camera.publish(image)
        client.spin_for(0.05)
    before = len(heard)
    client.spin_for(2.5)
    assert len(heard) == before
    assert int(statuses[-1]['dropped: rate_capped']) > 5
    assert_sums_up(statuses)


def test_old_images_are_dropped_where_there_is_a_limit(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node('--ros-args', '-p', 'max_age:=2.0')
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.advertise()
    image = np.zeros((8, 12, 3), np.uint8)
    client.spin_until(lambda: statuses)
    client.publish_until(
        camera,
        lambda: make_image(image, stamp_ns=time.time_ns() - 5 * 10**9),
        lambda: int(statuses[-1].get('dropped: too_old', 0)) > 2,
    )
    assert not heard
    client.publish_until(camera, lambda: make_image(image), lambda: heard)
    assert_sums_up(statuses)
