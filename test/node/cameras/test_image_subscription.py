"""Tests of the choice of reliability; the subscription is tested with the node."""

from __future__ import annotations

import pytest
from rclpy.qos import ReliabilityPolicy
from segnet_ros.node.cameras.image_subscription import choose_reliability

RELIABLE = ReliabilityPolicy.RELIABLE
BEST_EFFORT = ReliabilityPolicy.BEST_EFFORT


@pytest.mark.parametrize(
    ('publishers', 'expected'),
    [
        ([], BEST_EFFORT),
        ([RELIABLE], RELIABLE),
        ([RELIABLE, RELIABLE], RELIABLE),
        ([BEST_EFFORT], BEST_EFFORT),
        ([RELIABLE, BEST_EFFORT], BEST_EFFORT),
        ([ReliabilityPolicy.UNKNOWN], BEST_EFFORT),
    ],
)
def test_reliable_only_if_every_publisher_is(
    publishers: list[ReliabilityPolicy], expected: ReliabilityPolicy
) -> None:
    assert choose_reliability(publishers) == expected
