"""Tests of the node under images that nothing can read, by the thousand and one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
import time

from malformed_images import ANY_REASON
from malformed_images import draw_malformed
from malformed_images import FAULTS
from malformed_images import make_file
from malformed_images import Message
from node_control import make_parameter_arguments
from node_control import NodeProcess
import numpy as np
from picture_files import make_png
import pytest
from rclpy.publisher import Publisher
from rclpy.qos import HistoryPolicy
from rclpy.qos import QoSProfile
from ros_client import make_image
from ros_client import RELIABLE
from ros_client import RosClient
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from test_overload import assert_sums_up

pytestmark = pytest.mark.ros

AT_ONCE = 500
"""Images published without a pause; Fast DDS keeps 5,000, and then publishing fails."""
NAMES = tuple(f'camera{number}' for number in range(10))
"""Many, since a node tells ten times a second what became of the image of each."""
ROUNDS = 50
RED = 77


class Camera:
    """
    Publish whatever a test wants to, reliably, none replaced on the way.

    :ivar topic: of its images
    :ivar good: number of images published that are labeled if anyone asks
    """

    def __init__(self, client: RosClient, transport: str, name: str = '') -> None:
        self._client = client
        self._rng = np.random.default_rng(5)
        self.good = 0
        prefix = f'{name}/' if name else ''
        kind = Image if transport == 'raw' else CompressedImage
        self.topic = f'{prefix}image_raw' + ('' if kind is Image else '/compressed')
        self._labels = client.record(f'segnet/{prefix}label')
        profile = QoSProfile(history=HistoryPolicy.KEEP_ALL, reliability=RELIABLE)
        self.publisher: Publisher = client.node.create_publisher(kind, self.topic, profile)

    def _make_good(self) -> Message:
        """Make an image that is labeled ``RED`` all over."""
        self.good += 1
        pixels = np.full((8, 12, 3), (RED, 1, 2), np.uint8)
        if self.topic.endswith('compressed'):
            return make_file(self._rng, make_png(pixels))
        return make_image(pixels)

    def begin(self) -> None:
        """Publish good images until one is labeled."""
        self._client.wait_for_subscriber(self.publisher)
        self._client.publish_until(self.publisher, self._make_good, lambda: self._labels)

    def see_a_label(self) -> None:
        """Publish one good image, and see it labeled."""
        self._labels.clear()
        self.publisher.publish(self._make_good())
        self._client.spin_until(lambda: self._labels, f'label for {self.topic}')
        assert set(self._labels[-1].data) == {RED}


def start_with_cameras(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    transport: str,
    names: Sequence[str] = ('',),
) -> tuple[NodeProcess, list[Camera], list[dict[str, str]]]:
    """
    Start a node that hears and is heard, with all counts at 0.

    :return: the node, its cameras, and the list that fills with their statuses
    """
    statuses = client.record_diagnostics()
    cameras = [Camera(client, transport, name) for name in names]
    values = {
        'cameras': names,
        'image_transport': transport,
        'input_reliability': 'reliable',  # from the start, so that no image gets lost
        'diagnostics_period': 0.1,
    }
    for camera in cameras:
        values[f'qos_overrides./{camera.topic}.subscription.history'] = 'keep_all'
    node = start_node(*make_parameter_arguments(values))
    for camera in cameras:
        camera.begin()
    await_counts(client, statuses, [camera.good for camera in cameras])
    client.call(Trigger, 'segnet/reset_statistics', Trigger.Request())
    await_counts(client, statuses, [0] * len(cameras))
    return node, cameras, statuses


def await_counts(
    client: RosClient, statuses: list[dict[str, str]], received: Sequence[int]
) -> list[dict[str, str]]:
    """
    Wait until each camera has received so many, and something has become of all of them.

    :param statuses: heard so far, those of all cameras by turns
    :param received: by camera
    :return: the status of each
    """
    expected = [(str(number), '0', '0') for number in received]

    def is_reached() -> bool:
        latest = statuses[-len(received) :]
        keys = ('received', 'waiting', 'in progress')
        return [tuple(status[key] for key in keys) for status in latest] == expected

    client.spin_until(is_reached, f'end of {received} images')
    return statuses[-len(received) :]


def dropped_by_reason(status: dict[str, str]) -> dict[str, int]:
    """Read the counts of dropped images."""
    start = 'dropped: '
    return {k.removeprefix(start): int(n) for k, n in status.items() if k.startswith(start)}


@pytest.mark.parametrize(('transport', 'number'), [('raw', 10_000), ('compressed', 2_000)])
def test_each_of_thousands_of_malformed_images_is_counted(
    client: RosClient, start_node: Callable[..., NodeProcess], transport: str, number: int
) -> None:
    begun = time.monotonic()
    node, (camera,), statuses = start_with_cameras(client, start_node, transport)
    rng = np.random.default_rng(number)
    for first in range(0, number, AT_ONCE):
        for _ in range(AT_ONCE):
            camera.publisher.publish(draw_malformed(rng, FAULTS[transport]).message)
        await_counts(client, statuses, [first + AT_ONCE])
    assert_sums_up(statuses)
    assert statuses[-1]['received'] == str(number)
    dropped = dropped_by_reason(statuses[-1])
    assert sum(dropped.values()) == number
    assert 'replaced' in dropped
    assert set(dropped) <= {'replaced', *FAULTS[transport]}
    camera.see_a_label()
    assert 'Traceback' not in node.output
    # A line for each reason every 5 s, and those of the start.
    most = 30 + len(FAULTS[transport]) * (time.monotonic() - begun) / 5
    assert len(node.lines) < most, 'the log must not be flooded'


@pytest.mark.parametrize('transport', list(FAULTS))
def test_each_malformed_image_that_is_awaited_is_counted_by_its_reason(
    client: RosClient, start_node: Callable[..., NodeProcess], transport: str
) -> None:
    node, cameras, statuses = start_with_cameras(client, start_node, transport, NAMES)
    rng = np.random.default_rng(500)
    faults = {reason: f for reason, f in FAULTS[transport].items() if reason != ANY_REASON}
    expected: list[Counter[str]] = [Counter() for _ in cameras]
    for done in range(1, ROUNDS + 1):
        for camera, counts in zip(cameras, expected, strict=True):
            reason, message = draw_malformed(rng, faults)
            counts[reason] += 1
            camera.publisher.publish(message)
        latest = await_counts(client, statuses, [done] * len(cameras))
        assert [dropped_by_reason(status) for status in latest] == expected
    assert all(set(counts) == set(faults) for counts in expected)
    assert_sums_up(statuses)
    for camera in cameras:
        camera.see_a_label()
    told = '\n'.join(status['message'] for status in statuses if status['level'] == '2')
    assert all(reason in told for reason in faults)
    assert 'Traceback' not in node.output
