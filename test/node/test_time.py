"""Tests of the node while time is not what it was: bags that loop, clocks that jump or stop."""

from __future__ import annotations

from collections.abc import Callable
import time

from diagnostic_msgs.msg import DiagnosticArray
from node_control import make_parameter_arguments
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from rosgraph_msgs.msg import Clock
from segnet_ros.node.images.conversions import read_stamp
from sensor_msgs.msg import Image
from test_overload import assert_sums_up

pytestmark = pytest.mark.ros

SECOND_NS = 10**9
HOUR_NS = 3600 * SECOND_NS
START_NS = 1_600_000_000 * SECOND_NS
"""Years ago, as bags are."""
STEP_NS = SECOND_NS // 2
BAG = range(START_NS, START_NS + 5 * STEP_NS, STEP_NS)
"""Stamps of the images of a bag."""
MOST_MS = 20_000.0
"""Age of an output on a machine that also does other things; no clock is off by so little."""


class Player:
    """
    Publish images with any stamps, and the clock where there is one.

    :ivar statuses: heard of the camera
    """

    def __init__(
        self, client: RosClient, start_node: Callable[..., NodeProcess], has_clock: bool
    ) -> None:
        self._client = client
        self._camera = client.advertise()
        self._clock = client.node.create_publisher(Clock, '/clock', 1) if has_clock else None
        self._labels = client.record('segnet/label')
        self._arrays = client.record('/diagnostics', DiagnosticArray)
        self.statuses = client.record_diagnostics()
        values = {
            'use_sim_time': has_clock,
            'input_reliability': 'reliable',  # from the start, so that no image gets lost
            'diagnostics_period': 0.1,
            'stall_timeout': 60.0,  # silence is not what is tested
        }
        node = start_node(*make_parameter_arguments(values))
        node.wait_for('ready')
        client.wait_for_subscriber(self._camera)

    def begin(self, start_ns: int) -> None:
        """Publish images with stamps up to a time until they are labeled."""
        stamps_ns = iter(range(start_ns - 1000, start_ns))
        self._client.publish_until(
            self._camera, lambda: self._make(next(stamps_ns)), lambda: self._labels
        )

    def set_clock(self, time_ns: int) -> None:
        """Publish the time, and wait until the node has it."""
        assert self._clock is not None
        message = Clock()
        message.clock.sec, message.clock.nanosec = divmod(time_ns, SECOND_NS)
        self._client.publish_until(
            self._clock,
            lambda: message,
            lambda: self._arrays and read_stamp(self._arrays[-1].header) == time_ns,
        )

    def show(self, stamp_ns: int) -> None:
        """Publish one image, and wait until it is labeled."""
        before = len(self._labels)
        self._camera.publish(self._make(stamp_ns))
        self._client.spin_until(
            lambda: stamp_ns in [read_stamp(label.header) for label in self._labels[before:]],
            f'label of {stamp_ns}',
        )

    def hear(self, number: int = 1) -> list[dict[str, str]]:
        """Wait for so many statuses that tell of every label heard, and return them."""
        self._client.spin_until(
            lambda: self.statuses and int(self.statuses[-1]['processed']) >= len(self._labels),
            'count of labels',
        )
        first = len(self.statuses) - 1
        self._client.spin_until(lambda: len(self.statuses) >= first + number, 'diagnostics')
        return self.statuses[first:]

    def _make(self, stamp_ns: int) -> Image:
        return make_image(np.zeros((8, 12, 3), np.uint8), stamp_ns=stamp_ns)


def ages_of(status: dict[str, str]) -> set[str]:
    """Read the ages, in ms or ``unknown``."""
    return {status['age p50 (ms)'], status['age p95 (ms)']}


def assert_fresh(status: dict[str, str], most_ms: float = STEP_NS / 1e6 - 1) -> None:
    """Check that all is well, and that no output seems to be old."""
    assert status['message'] == 'OK'
    assert all(0 <= float(age) <= most_ms for age in ages_of(status)), status


def test_a_bag_that_loops_is_labeled_all_the_way(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    player = Player(client, start_node, has_clock=False)
    player.begin(START_NS)
    for _ in range(3):
        for stamp_ns in BAG:
            player.show(stamp_ns)
    status = player.hear()[-1]
    assert status['stamps not increasing'] == '2'
    assert status['clock mismatch'] == status['processed']
    assert 'clock mismatch' in status['message']
    assert all(ages_of(status) == {'unknown'} for status in player.statuses)
    assert_sums_up(player.statuses)


def test_a_bag_that_loops_with_its_clock_has_the_ages_of_that_clock(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    player = Player(client, start_node, has_clock=True)
    player.set_clock(START_NS)
    player.begin(START_NS)
    for _ in range(3):
        player.show(BAG[0])  # before the clock, by which it is as old as the bag is long
        for stamp_ns in BAG[1:]:
            player.set_clock(stamp_ns)
            player.show(stamp_ns)
            assert_fresh(player.hear()[-1])
    assert player.statuses[-1]['stamps not increasing'] == '2'
    assert_sums_up(player.statuses)


def test_a_clock_that_jumps_an_hour_back_and_stops_neither_stops_nor_fools_the_node(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    player = Player(client, start_node, has_clock=True)
    player.set_clock(START_NS)
    player.begin(START_NS)
    player.show(START_NS)
    assert_fresh(player.hear()[-1])
    player.set_clock(START_NS - HOUR_NS)
    for number in range(1, 4):  # the camera still has the old time
        player.show(START_NS + number)
    for status in player.hear(5):  # though the clock stands still
        assert 'clock mismatch' in status['message']
        assert status['clock mismatch'] == '3'
        assert ages_of(status) == {'unknown'}
    for number in range(3):
        player.show(START_NS - HOUR_NS + number)
        assert_fresh(player.hear()[-1])
    assert_sums_up(player.statuses)


def test_stamps_an_hour_ahead_as_after_the_clock_was_set_back_neither_stop_nor_fool_the_node(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    player = Player(client, start_node, has_clock=False)
    player.begin(time.time_ns())
    player.show(time.time_ns())
    assert_fresh(player.hear()[-1], MOST_MS)
    for _ in range(3):
        player.show(time.time_ns() + HOUR_NS)
    status = player.hear()[-1]
    assert 'clock mismatch' in status['message']
    assert status['clock mismatch'] == '3'
    player.show(time.time_ns())
    assert_fresh(player.hear()[-1], MOST_MS)
    assert_sums_up(player.statuses)
