"""The prefetcher runs ahead by a bounded number of items and passes errors on."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import threading

import pytest
from segnet_ros.node.images.prefetcher import Prefetcher

DEADLINE_S = 10.0


class Steps:
    """An iterator that lets a test wait until it was asked for a number of items."""

    def __init__(self, items: Iterator[int]) -> None:
        self._items = items
        self._asked = threading.Condition()
        self.count = 0

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._asked:
            self.count += 1
            self._asked.notify_all()
        return next(self._items)

    def wait_until_asked(self, count: int) -> None:
        with self._asked:
            assert self._asked.wait_for(lambda: self.count >= count, DEADLINE_S)


def take_all(prefetcher: Prefetcher[int]) -> Iterator[int]:
    """Take items until none is left, or the error behind them."""
    while not prefetcher.is_exhausted:
        item = prefetcher.take()
        if item is not None:
            yield item


def test_every_item_comes_in_order() -> None:
    assert list(take_all(Prefetcher(iter(range(1, 50)), depth=3))) == list(range(1, 50))


def test_thread_runs_ahead_no_further_than_the_depth() -> None:
    steps = Steps(itertools.count())
    prefetcher = Prefetcher(steps, depth=2)
    steps.wait_until_asked(3)
    assert prefetcher.take() == 0
    steps.wait_until_asked(4)
    assert prefetcher.stop(DEADLINE_S)
    assert steps.count == 4, 'two wait, one is in hand, one was taken'


def test_newest_only_forgets_older_items() -> None:
    steps = Steps(iter(range(100)))
    prefetcher = Prefetcher(steps, depth=1, newest_only=True)
    steps.wait_until_asked(101)
    assert prefetcher.stop(DEADLINE_S)
    assert prefetcher.take() == 99
    assert prefetcher.is_exhausted


def test_error_follows_the_items_before_it() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise OSError('unplugged')

    prefetcher = Prefetcher(fail())
    taken = take_all(prefetcher)
    assert next(taken) == 1
    with pytest.raises(OSError, match='unplugged'):
        next(taken)


@pytest.mark.parametrize('newest_only', [False, True])
def test_stop_ends_an_endless_iterator(newest_only: bool) -> None:
    prefetcher = Prefetcher(itertools.count(), newest_only=newest_only)
    assert prefetcher.stop(DEADLINE_S)


def test_stop_does_not_wait_for_an_item_that_never_comes() -> None:
    gate = threading.Event()

    def block() -> Iterator[int]:
        gate.wait()
        yield 1

    prefetcher = Prefetcher(block())
    assert prefetcher.take() is None
    assert not prefetcher.stop(timeout=0.01)
    gate.set()
    assert prefetcher.stop(DEADLINE_S)
