"""Cameras that send fewer images than is expected of them."""

from __future__ import annotations

from segnet_ros.node.diagnostics.sliding_counts import SlidingCounts
from segnet_ros.node.parameters.segnet_parameters import Parameters

ENOUGH = 0.9
"""Share of the expected rate below which there is a warning."""
EXPECTED_IMAGES, SHORTEST_S = 10, 2.0
"""A rate is judged over at least the time in which so many images should come, and so long."""


class RateWatch:
    """Find whether a camera has been slower lately than the parameters expect."""

    def __init__(self) -> None:
        """Begin to watch."""
        self._window = SlidingCounts()

    def find(self, now_s: float, received: int, parameters: Parameters) -> str:
        """
        Say how many images come, where more are expected; empty if enough do.

        :param now_s: on a steady clock
        :param received: number of images so far
        """
        expected = parameters.expected_rate
        if not expected:
            self.begin_anew()
            return ''
        span_s = max(SHORTEST_S, parameters.diagnostics_period, EXPECTED_IMAGES / expected)
        elapsed_s, (number,) = self._window.add(now_s, (received,), span_s)
        # One more, that may be on its way: cameras and clocks are not exact.
        if elapsed_s < span_s or number + 1 >= ENOUGH * expected * elapsed_s:
            return ''
        return f'{number / elapsed_s:.3g} images per second, expected {expected:g}'

    def begin_anew(self) -> None:
        """Forget the time so far, in which no images were to come."""
        self._window.clear()
