"""The newest image wins: one slot per camera, one waiting thread, every item counted."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
import math
import threading
import time
from typing import Generic
from typing import TypeVar

from segnet_ros.node.cameras.slot import Slot
from segnet_ros.node.cameras.slot import Taken

T = TypeVar('T')


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

        For one thread at a time. What it has taken is in progress until it was marked.

        :param is_over: whether to wait no more; looked at after each :meth:`wake`
        :param most: items to take at once, each of another slot. It is always a power of two, or
            there would be more numbers of items than whoever takes them can be prepared for
        :param describe: tells which items are alike, by equal values
        :return: at least one; none once it is over
        """
        with self._condition:
            while not is_over():
                items = [(slot, slot.waiting) for slot in self._slots]
                ready = [(slot, item) for slot, item in items if item is not None]
                if ready:
                    ready.sort(key=lambda pair: pair[0].waiting_since)
                    kind = describe(ready[0][1])
                    alike = [slot for slot, item in ready if describe(item) == kind]
                    count = 2 ** int(math.log2(min(len(alike), most)))
                    return [slot.take() for slot in alike[:count]]
                self._condition.wait()
            return []

    def wake(self) -> None:
        """Let the waiting thread look whether it is over."""
        with self._condition:
            self._condition.notify_all()
