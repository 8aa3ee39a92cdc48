"""The newest image wins: one slot, one waiting thread, every item counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
import threading
from typing import Generic
from typing import TypeVar

T = TypeVar('T')


@dataclass(frozen=True)
class Counts:
    """
    What happened to the items of a mailbox, at one moment.

    Always: received = processed + sum of dropped + waiting + in_progress.
    """

    received: int
    processed: int
    dropped: Mapping[str, int]
    """Number of dropped items by reason; ``replaced`` is the mailbox's own."""
    waiting: int
    in_progress: int


class Mailbox(Generic[T]):
    """
    Hand the newest item from the threads that put to the one thread that takes.

    There is a single slot: an item that arrives while another waits replaces it, so memory stays
    bounded by two items and the item taken is the newest. All counts change under one lock.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._slot: T | None = None
        self._in_progress = False
        self._closed = False
        self._received = 0
        self._processed = 0
        self._dropped: Counter[str] = Counter()

    def put(self, item: T) -> None:
        """
        Offer an item without blocking; it replaces an item that still waits.

        Safe to call from any thread, in particular from a subscription callback. After
        ``close`` an item is neither kept nor counted.

        :param item: anything but None
        """
        with self._condition:
            if self._closed:
                return
            self._received += 1
            if self._slot is not None:
                self._dropped['replaced'] += 1
            self._slot = item
            self._condition.notify()

    def take(self) -> T | None:
        """
        Wait for an item and take it; it is in progress until it is marked.

        For one thread only, which marks each item before it takes the next.

        :return: the newest item, or None once the mailbox is closed
        """
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._slot is not None)
            if self._closed:
                return None
            item, self._slot = self._slot, None
            self._in_progress = True
            return item

    def mark_processed(self) -> None:
        """Count the item in progress as processed."""
        with self._condition:
            self._in_progress = False
            self._processed += 1

    def mark_dropped(self, reason: str) -> None:
        """
        Count the item in progress as dropped.

        :param reason: short key such as ``bad_encoding``
        """
        with self._condition:
            self._in_progress = False
            self._dropped[reason] += 1

    def close(self) -> None:
        """Wake the waiting thread and take no more items."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def counts(self) -> Counts:
        """Return all counts as of one moment."""
        with self._condition:
            return Counts(
                received=self._received,
                processed=self._processed,
                dropped=dict(self._dropped),
                waiting=int(self._slot is not None),
                in_progress=int(self._in_progress),
            )
