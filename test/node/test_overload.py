"""Tests of the node under more images than it can process."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import time

from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros

PERIOD_S = 1 / 30
FAST_PERIOD_S = 1 / 60
DELAY_S = 0.7
FAST_DELAY_S = 0.05
SLACK_S = 0.3
"""For the way from publisher to callback; an old image would wait nearly DELAY_S."""


class NumberedCamera:
    """Publish numbered images at a steady rate and remember when each was published."""

    def __init__(
        self, client: RosClient, size: tuple[int, int], period_s: float = PERIOD_S
    ) -> None:
        self.times: list[float] = []
        self._period_s = period_s
        self._client = client
        self._publisher = client.advertise()
        self._pixels = np.zeros((*size, 3), np.uint8)
        client.wait_for_subscriber(self._publisher)

    def run(self, duration_s: float) -> None:
        """Publish for a time, at times that do not drift."""
        start = time.monotonic()
        for number in range(round(duration_s / self._period_s)):
            remaining_s = start + number * self._period_s - time.monotonic()
            self._client.spin_for(max(0.001, remaining_s))  # hears, even if it is late
            self._publisher.publish(self._next())

    def _next(self) -> Image:
        number = len(self.times)
        self._pixels[:] = divmod(number, 256)[0], number % 256, 0
        self.times.append(time.monotonic())
        return make_image(self._pixels)


def assert_sums_up(statuses: Sequence[dict[str, str]]) -> None:
    """Check the invariant in every diagnostics message, of which there must be one."""
    assert statuses
    for status in statuses:
        counts = {key: int(status[key]) for key in ('received', 'processed', 'dropped')}
        reasons = [int(value) for key, value in status.items() if key.startswith('dropped: ')]
        assert sum(reasons) == counts['dropped']
        rest = int(status['waiting']) + int(status['in progress'])
        assert counts['received'] == counts['processed'] + counts['dropped'] + rest


def assert_newest(node: NodeProcess, times: Sequence[float], slack_s: float) -> None:
    """Check that no image was begun while a newer one had been there for a while."""
    numbers = [report['pixel'][0] * 256 + report['pixel'][1] for report in node.reports]
    assert numbers == sorted(set(numbers)), 'an image was processed twice or too late'
    for number, report in zip(numbers, node.reports, strict=True):
        if number + 1 < len(times):
            waited_s = report['start'] - times[number + 1]
            assert waited_s < slack_s, f'image {number} was begun {waited_s} s after the next'


def overload(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    part_s: float,
    parts: int,
    size: tuple[int, int],
    slack_s: float,
) -> list[int]:
    """Run the node under overload, check what always holds, return its memory after each part."""
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    node = start_node('--delay', str(DELAY_S))
    camera = NumberedCamera(client, size)
    resident_bytes = []
    for _ in range(parts):
        camera.run(part_s)
        resident_bytes.append(node.resident_bytes)
    assert_sums_up(statuses)
    assert_newest(node, camera.times, slack_s)
    most = parts * part_s / DELAY_S + 2
    assert most / 2 < len(node.reports) < most
    assert len(heard) >= len(node.reports) - 2
    assert len(statuses) > parts * part_s - 2
    last = statuses[-1]
    assert int(last['received']) > 0.8 * (len(camera.times) - 1.5 / PERIOD_S)
    assert int(last['dropped: replaced']) > 10 * int(last['processed'])
    most_ms = (DELAY_S + PERIOD_S + slack_s) * 1000
    assert DELAY_S * 1000 < float(last['age p95 (ms)']) < most_ms
    return resident_bytes


def test_the_newest_image_wins_and_every_image_is_counted(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    overload(client, start_node, part_s=6.0, parts=1, size=(48, 64), slack_s=1.5 * SLACK_S)


@pytest.mark.soak
def test_memory_does_not_grow_under_overload(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    resident_bytes = overload(
        client, start_node, part_s=20.0, parts=9, size=(480, 640), slack_s=SLACK_S
    )
    print('resident MB:', [round(size / 1e6, 1) for size in resident_bytes])
    assert max(resident_bytes[2:]) - resident_bytes[1] < 3 * 480 * 640 * 3


def keep_up(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    part_s: float,
    parts: int,
    margin: float,
) -> list[int]:
    """
    Run a predictor of 50 ms behind a camera of 60 Hz: the node itself must cost next to nothing.

    :param margin: how many times the bounds of a machine that does nothing else
    :return: the node's memory after each part
    """
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    node = start_node('--delay', str(FAST_DELAY_S))
    camera = NumberedCamera(client, (480, 640), FAST_PERIOD_S)
    while not heard:  # until then the node has nobody to compute for
        camera.run(0.1)
    before = len(node.reports)
    resident_bytes = []
    for _ in range(parts):
        camera.run(part_s)
        resident_bytes.append(node.resident_bytes)
    processed = len(node.reports) - before
    assert_sums_up(statuses)
    assert float(statuses[-1]['age p95 (ms)']) < 90 * margin
    assert processed > (1 - 0.05 * margin) * parts * part_s / FAST_DELAY_S
    assert len(heard) >= processed - 2
    return resident_bytes


def test_a_fast_predictor_keeps_its_rate(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    keep_up(client, start_node, part_s=6.0, parts=1, margin=3)


@pytest.mark.soak
def test_a_fast_predictor_keeps_its_rate_for_five_minutes(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    resident_bytes = keep_up(client, start_node, part_s=30.0, parts=10, margin=1)
    print('resident MB:', [round(size / 1e6, 1) for size in resident_bytes])
    assert max(resident_bytes[2:]) - resident_bytes[1] < 3 * 480 * 640 * 3
