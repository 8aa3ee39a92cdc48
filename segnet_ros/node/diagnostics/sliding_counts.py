"""How much counts have grown lately."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class Growth(NamedTuple):
    """How much counts have grown within a time."""

    elapsed_s: float
    counts: tuple[int, ...]
    """In the order in which they were given."""


class SlidingCounts:
    """Keep what counts were a while ago, to tell what has become of them since."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._samples: deque[tuple[float, tuple[int, ...]]] = deque()

    def add(self, now_s: float, totals: tuple[int, ...], span_s: float, least: int = 0) -> Growth:
        """
        Tell how much the counts have grown within the window that ends now.

        Where one of them is smaller than before, it has begun anew, and so does the window.

        :param now_s: on a steady clock
        :param totals: the counts as they are now, as many each time
        :param span_s: length of the window; it is shorter only at the beginning
        :param least: what they must have grown by together; where they have not, it is longer
        """
        samples = self._samples
        if samples and any(new < old for new, old in zip(totals, samples[-1][1], strict=True)):
            samples.clear()
        samples.append((now_s, totals))
        # The second is enough to begin with: the first is not needed any more.
        while len(samples) > 1:
            growth = _subtract(samples[-1], samples[1])
            if growth.elapsed_s < span_s or sum(growth.counts) < least:
                break
            samples.popleft()
        return _subtract(samples[-1], samples[0])

    def clear(self) -> None:
        """Begin anew."""
        self._samples.clear()


def _subtract(new: tuple[float, tuple[int, ...]], old: tuple[float, tuple[int, ...]]) -> Growth:
    return Growth(new[0] - old[0], tuple(b - a for b, a in zip(new[1], old[1], strict=True)))
