"""Ages of the latest processed images."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
import math
import threading

PLAUSIBLE_S = (-0.1, 60.0)
"""An age outside tells about the clocks, not about the image."""
CLOCK_MISMATCH = (
    'clock mismatch: age unknown; compare the clocks of camera and node, and use_sim_time of both'
)


@dataclass(frozen=True)
class Ages:
    """Summary of the latest ages; None where there is none yet."""

    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    mismatched: int
    """Number of ages so far that were implausible and left out."""
    is_mismatched: bool
    """Whether the latest age was one of these."""


class AgeWindow:
    """Keep the latest ages; one thread adds, another asks."""

    def __init__(self, length: int = 100) -> None:
        self._lock = threading.Lock()
        self._ages_s: deque[float] = deque(maxlen=length)
        self._mismatched = 0
        self._is_mismatched = False

    def add(self, age_s: float) -> None:
        """
        Add the age of an image.

        :param age_s: now minus stamp at publication, in seconds
        """
        with self._lock:
            self._is_mismatched = not PLAUSIBLE_S[0] <= age_s <= PLAUSIBLE_S[1]
            if self._is_mismatched:
                self._mismatched += 1
            else:
                self._ages_s.append(age_s)

    def forget(self) -> None:
        """Forget the ages, not how many were implausible."""
        with self._lock:
            self._ages_s.clear()

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._ages_s.clear()
            self._mismatched = 0
            self._is_mismatched = False

    def summary(self) -> Ages:
        """Summarize the ages kept."""
        with self._lock:
            ages_ms = sorted(1000 * age_s for age_s in self._ages_s)
            mismatched, is_mismatched = self._mismatched, self._is_mismatched
        return Ages(
            p50_ms=find_percentile(ages_ms, 50),
            p95_ms=find_percentile(ages_ms, 95),
            max_ms=ages_ms[-1] if ages_ms else None,
            mismatched=mismatched,
            is_mismatched=is_mismatched,
        )


def find_percentile(values: Sequence[float], percent: int) -> float | None:
    """
    Find the smallest value that at least this share of the values does not exceed.

    :param values: sorted
    :return: None if there are none
    """
    return values[math.ceil(len(values) * percent / 100) - 1] if values else None
