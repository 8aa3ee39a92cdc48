"""The newest image wins: one slot per camera, one waiting thread, every item counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Mapping
from dataclasses import dataclass
import math
import threading
import time
from typing import Generic
from typing import TypeVar

T = TypeVar('T')

EARLY = 0.2
"""
Share of the period that an item may come early where there is a limit.

Or a camera that is as fast as the limit would lose images by its jitter alone.
"""


@dataclass(frozen=True)
class Counts:
    """
    What happened to the items of a slot, at one moment.

    Always: received = processed + sum of dropped + waiting + in_progress.
    """

    received: int
    processed: int
    dropped: Mapping[str, int]
    """Number of dropped items by reason; of the slot's own: replaced, rate_capped, disabled."""
    waiting: int
    in_progress: int


class Slot(Generic[T]):
    """
    Where the items of one camera arrive; made by :meth:`Mailbox.open_slot`.

    An item that arrives while another waits replaces it, so memory stays bounded by two items and
    the item taken is the newest. None is ever kept for later, or it would be old by then: what
    waits does so only until the thread is free. All counts change under one lock, that of the
    mailbox.
    """

    def __init__(self, condition: threading.Condition, clock: Callable[[], float]) -> None:
        self._condition = condition
        self._clock = clock
        self._item: T | None = None
        self._waiting_since = 0.0
        self._in_progress = 0
        self._withdrawn = ''
        self._is_enabled = True
        self._period_s = 0.0
        self._due = float('-inf')
        self._received = 0
        self._processed = 0
        self._dropped: Counter[str] = Counter()

    def put(self, item: T) -> None:
        """
        Offer an item without blocking; it replaces an item that still waits.

        Safe to call from any thread, in particular from a subscription callback.

        :param item: anything but None
        """
        with self._condition:
            self._received += 1
            if not self._is_enabled:
                self._dropped['disabled'] += 1
                return
            now = self._clock()
            if now < self._due - EARLY * self._period_s:
                self._dropped['rate_capped'] += 1
                return
            if self._item is None:
                # Kept when a newer item comes: who replaces often must not lose the turn.
                self._waiting_since = now
            else:
                self._dropped['replaced'] += 1
            self._item = item
            self._condition.notify_all()

    def limit(self, max_rate: float) -> None:
        """
        Let in no more than so many items, each as it comes, and drop those between at once.

        :param max_rate: per second, on average; 0 for no limit
        """
        period_s = 1 / max_rate if max_rate else 0.0
        with self._condition:
            if period_s != self._period_s:
                self._period_s = period_s
                self._due = float('-inf')

    def enable(self, is_enabled: bool) -> None:
        """Let items in, or keep them out, the one that waits as well."""
        with self._condition:
            self._is_enabled = is_enabled
        if not is_enabled:
            self.discard('disabled')

    def discard(self, reason: str) -> None:
        """
        Drop the item that waits, if there is one.

        :param reason: short key such as ``inactive``
        """
        with self._condition:
            if self._item is not None:
                self._item = None
                self._dropped[reason] += 1

    def withdraw(self, reason: str) -> None:
        """
        Drop the item that waits, and want the one in progress no more.

        :param reason: short key such as ``inactive``
        """
        with self._condition:
            self.discard(reason)
            self._withdrawn = reason if self._in_progress else ''

    @property
    def is_withdrawn(self) -> bool:
        """Whether the item in progress, or that was so last, is not wanted any more."""
        return bool(self._withdrawn)

    def mark_processed(self) -> None:
        """Count the item in progress as processed, or as dropped if it was withdrawn."""
        with self._condition:
            self._in_progress -= 1
            if self._withdrawn:
                self._dropped[self._withdrawn] += 1
            else:
                self._processed += 1

    def mark_dropped(self, reason: str) -> None:
        """
        Count the item in progress as dropped.

        :param reason: short key such as ``bad_encoding``
        """
        with self._condition:
            self._in_progress -= 1
            self._dropped[reason] += 1

    def counts(self) -> Counts:
        """Return all counts as of one moment."""
        with self._condition:
            return Counts(
                received=self._received,
                processed=self._processed,
                dropped=dict(self._dropped),
                waiting=int(self._item is not None),
                in_progress=self._in_progress,
            )

    def reset_counts(self) -> None:
        """Begin to count anew, with what waits or is in progress."""
        with self._condition:
            self._received = int(self._item is not None) + self._in_progress
            self._processed = 0
            self._dropped.clear()

    def _take(self) -> T:
        assert self._item is not None
        item, self._item = self._item, None
        self._withdrawn = ''
        # Two for a moment, where a thread that was given up still computes.
        self._in_progress += 1
        now = self._clock()
        # From the time that was due, not from now, or each delay would lower the rate for good.
        is_on_time = now - self._due < self._period_s
        self._due = (self._due if is_on_time else now) + self._period_s
        return item

    def _describe(self, describe: Callable[[T], Hashable]) -> Hashable:
        assert self._item is not None
        return describe(self._item)


@dataclass(frozen=True)
class Taken(Generic[T]):
    """An item in progress, until its slot is told what became of it."""

    slot: Slot[T]
    item: T


class Mailbox(Generic[T]):
    """Hand the newest items from the threads that put to the one thread that takes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Make it without a slot.

        :param clock: seconds, steady
        """
        self._condition = threading.Condition()
        self._clock = clock
        self._slots: list[Slot[T]] = []

    def open_slot(self) -> Slot[T]:
        """Make one more slot; before anything is taken."""
        slot: Slot[T] = Slot(self._condition, self._clock)
        self._slots.append(slot)
        return slot

    def take(
        self,
        is_over: Callable[[], bool],
        most: int = 1,
        describe: Callable[[T], Hashable] = lambda _: None,
    ) -> list[Taken[T]]:
        """
        Wait for an item and take it, and like ones that wait; what waited longest comes first.

        For one thread at a time, which marks each item before it takes the next.

        :param is_over: whether to wait no more; looked at after each :meth:`wake`
        :param most: items to take at once, each of another slot. It is always a power of two, or
            there would be more numbers of items than whoever takes them can be prepared for
        :param describe: tells which items are alike, by equal values
        :return: at least one; none once it is over
        """
        with self._condition:
            while not is_over():
                ready = [slot for slot in self._slots if slot._item is not None]
                if ready:
                    ready.sort(key=lambda slot: slot._waiting_since)
                    kind = ready[0]._describe(describe)
                    alike = [slot for slot in ready if slot._describe(describe) == kind]
                    count = 2 ** int(math.log2(min(len(alike), most)))
                    return [Taken(slot, slot._take()) for slot in alike[:count]]
                self._condition.wait()
            return []

    def wake(self) -> None:
        """Let the waiting thread look whether it is over."""
        with self._condition:
            self._condition.notify_all()
