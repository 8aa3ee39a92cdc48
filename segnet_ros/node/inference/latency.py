"""How long the latest images took, and the one in progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import threading
import time

from segnet_ros.node.cameras.age import find_percentile


@dataclass(frozen=True)
class Latencies:
    """Summary of the latest durations, in milliseconds; None where there is none yet."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    total: int
    """Number of images that were finished so far."""
    running_s: float
    """For how long the image in progress has been computed; 0 if there is none."""


class LatencyWindow:
    """Keep the latest durations; one thread measures, another asks."""

    def __init__(self, length: int = 100) -> None:
        self._lock = threading.Lock()
        self._durations_ms: deque[float] = deque(maxlen=length)
        self._total = 0
        self._begun: float | None = None

    @contextmanager
    def measure(self, images: int = 1) -> Iterator[None]:
        """
        Measure what is done within; what fails does not count.

        :param images: how many it is done with at once
        """
        begun = time.monotonic()
        with self._lock:
            self._begun = begun
        try:
            yield
            with self._lock:
                self._durations_ms.append((time.monotonic() - begun) * 1000)
                self._total += images
        finally:
            with self._lock:
                self._begun = None

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._durations_ms.clear()
            self._total = 0

    def summary(self) -> Latencies:
        """Summarize the durations kept."""
        with self._lock:
            durations_ms = sorted(self._durations_ms)
            total, begun = self._total, self._begun
        return Latencies(
            p50_ms=find_percentile(durations_ms, 50),
            p95_ms=find_percentile(durations_ms, 95),
            p99_ms=find_percentile(durations_ms, 99),
            max_ms=durations_ms[-1] if durations_ms else None,
            total=total,
            running_s=0.0 if begun is None else time.monotonic() - begun,
        )
