"""Whether images are published as often as they should be."""

from __future__ import annotations

import time


class Pace:
    """
    Compares how many images were published with how many were due, by the steady clock.

    :param rate: images due per second
    :ivar published: images so far
    """

    def __init__(self, rate: float) -> None:
        self.published = 0
        self._rate = rate
        self._first = self._last = time.monotonic()
        self._has_warned = False

    def count(self) -> None:
        """Count an image as published now."""
        self._last = time.monotonic()
        if not self.published:
            self._first = self._last
        self.published += 1

    def is_late(self) -> bool:
        """Say once when more than a second's worth of images has not been published in time."""
        due = (time.monotonic() - self._first) * self._rate
        if self._has_warned or not self.published or due - self.published < max(2.0, self._rate):
            return False
        self._has_warned = True
        return True

    def __str__(self) -> str:
        """Say what was published, and at which rate."""
        seconds = self._last - self._first
        rate = (self.published - 1) / seconds if seconds else 0.0
        return f'{self.published} images in {seconds:.1f} s ({rate:.1f} of {self._rate:g} Hz)'
