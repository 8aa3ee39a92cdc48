"""Prepare the next images on a thread of their own while the last one is published."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
import threading
from typing import Generic
from typing import TypeVar

T = TypeVar('T')


class Prefetcher(Generic[T]):
    """
    Run an iterator ahead of its consumer on a daemon thread, by a bounded number of items.

    A daemon, because a read from a webcam can block for long and cannot be interrupted.

    :param items: iterated on the thread only
    :param depth: how many items wait at most
    :param newest_only: whether an item that finds the queue full replaces the oldest; else the
        thread waits
    """

    def __init__(self, items: Iterator[T], depth: int = 4, newest_only: bool = False) -> None:
        self._items = items
        self._newest_only = newest_only
        self._queue: deque[T] = deque(maxlen=depth)
        self._depth = depth
        self._changed = threading.Condition()
        self._is_stopping = False
        self._has_ended = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._prepare, name='prefetch', daemon=True)
        self._thread.start()

    def take(self) -> T | None:
        """
        Take the next item without waiting.

        :return: the item, or None if it is not ready, or there is none: see ``is_exhausted``
        :raises Exception: what the iterator raised, once the items before are taken
        """
        with self._changed:
            if self._queue:
                self._changed.notify_all()
                return self._queue.popleft()
            if self._error is not None:
                raise self._error
            return None

    @property
    def is_exhausted(self) -> bool:
        """Whether every item has been taken, and no error is left for ``take`` to raise."""
        with self._changed:
            return self._has_ended and not self._queue and self._error is None

    def stop(self, timeout: float = 0.5) -> bool:
        """
        End the thread; what it has prepared is dropped.

        :param timeout: seconds to wait for an item in preparation
        :return: whether the thread has ended
        """
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _prepare(self) -> None:
        """Fill the queue until the iterator ends, raises, or ``stop`` is called."""
        try:
            for item in self._items:
                with self._changed:
                    self._changed.wait_for(self._may_append)
                    if self._is_stopping:
                        return
                    self._queue.append(item)
        except Exception as error:
            self._error = error
        finally:
            self._has_ended = True

    def _may_append(self) -> bool:
        return self._is_stopping or self._newest_only or len(self._queue) < self._depth
