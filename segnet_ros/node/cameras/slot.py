"""Where the items of one camera wait, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
import threading
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

    An item that arrives while another waits replaces it, so the item taken is the newest, and
    memory stays bounded: one waits, and few are in progress. None is ever kept for later, or it
    would be old by then: what waits does so only until the thread is free. All counts change under
    one lock, that of the mailbox.

    :ivar waiting: the item that waits; None if there is none
    :ivar waiting_since: when the first came of those that it has replaced, by the mailbox's clock
    """

    def __init__(self, condition: threading.Condition, clock: Callable[[], float]) -> None:
        self._condition = condition
        self._clock = clock
        self.waiting: T | None = None
        self.waiting_since = 0.0
        self._in_progress: list[Taken[T]] = []
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
            if self.waiting is None:
                # Kept when a newer item comes: who replaces often must not lose the turn.
                self.waiting_since = now
            else:
                self._dropped['replaced'] += 1
            self.waiting = item
            self._condition.notify_all()

    def refuse(self, reason: str) -> None:
        """
        Count an item that cannot even wait.

        :param reason: short key such as ``bad_message``
        """
        with self._condition:
            self._received += 1
            self._dropped[reason] += 1

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
            if self.waiting is not None:
                self.waiting = None
                self._dropped[reason] += 1

    def withdraw(self, reason: str) -> None:
        """
        Drop the item that waits, and want those in progress no more.

        :param reason: short key such as ``inactive``
        """
        with self._condition:
            self.discard(reason)
            for taken in self._in_progress:
                taken.withdrawn = reason

    def take(self) -> Taken[T]:
        """Take the item that waits; there must be one."""
        with self._condition:
            assert self.waiting is not None
            taken = Taken(self, self.waiting)
            self.waiting = None
            self._in_progress.append(taken)
            now = self._clock()
            # From the time that was due, not from now: no delay may lower the rate for good.
            is_on_time = now - self._due < self._period_s
            self._due = (self._due if is_on_time else now) + self._period_s
            return taken

    def finish(self, taken: Taken[T], reason: str = '') -> None:
        """
        Count an item in progress, or what it was withdrawn for.

        :param reason: why it was dropped, a short key; empty if it was processed
        """
        with self._condition:
            self._in_progress.remove(taken)
            if reason := reason or taken.withdrawn:
                self._dropped[reason] += 1
            else:
                self._processed += 1

    def counts(self) -> Counts:
        """Return all counts as of one moment."""
        with self._condition:
            return Counts(
                received=self._received,
                processed=self._processed,
                dropped=dict(self._dropped),
                waiting=int(self.waiting is not None),
                in_progress=len(self._in_progress),
            )

    def reset_counts(self) -> None:
        """Begin to count anew, with what waits or is in progress."""
        with self._condition:
            self._received = int(self.waiting is not None) + len(self._in_progress)
            self._processed = 0
            self._dropped.clear()


class Taken(Generic[T]):
    """
    An item in progress, until it is told what became of it.

    :ivar slot: where it was taken from
    :ivar item: as it was put
    :ivar withdrawn: why it is not wanted any more; empty if it is
    """

    def __init__(self, slot: Slot[T], item: T) -> None:
        self.slot = slot
        self.item = item
        self.withdrawn = ''

    def mark_processed(self) -> None:
        """Count it as processed, or as dropped if it was withdrawn."""
        self.slot.finish(self)

    def mark_dropped(self, reason: str) -> None:
        """
        Count it as dropped.

        :param reason: short key such as ``bad_encoding``
        """
        self.slot.finish(self, reason)
