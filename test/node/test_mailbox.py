"""Tests of the mailbox, without ROS."""

from __future__ import annotations

import random
import threading
import time

import pytest
from segnet_ros.node.mailbox import Counts
from segnet_ros.node.mailbox import Mailbox

PATIENCE_S = 10.0


def assert_sums_up(counts: Counts) -> None:
    """Check the invariant."""
    assert counts.received == (
        counts.processed + sum(counts.dropped.values()) + counts.waiting + counts.in_progress
    )


def test_the_newest_of_three_is_taken_and_two_are_counted_as_replaced() -> None:
    mailbox: Mailbox[str] = Mailbox()
    for item in ('first', 'second', 'third'):
        mailbox.put(item)
    assert mailbox.take() == 'third'
    assert mailbox.counts() == Counts(3, 0, {'replaced': 2}, 0, 1)
    mailbox.mark_processed()
    assert mailbox.counts() == Counts(3, 1, {'replaced': 2}, 0, 0)


def test_an_item_put_while_another_is_in_progress_waits() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    mailbox.take()
    mailbox.put(2)
    assert mailbox.counts() == Counts(2, 0, {}, 1, 1)
    mailbox.mark_dropped('empty')
    assert mailbox.take() == 2
    assert mailbox.counts() == Counts(2, 0, {'empty': 1}, 0, 1)


def test_take_blocks_until_an_item_is_put() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    thread = threading.Thread(target=lambda: taken.append(mailbox.take()))
    thread.start()
    assert not taken
    mailbox.put(7)
    thread.join(PATIENCE_S)
    assert taken == [7]


@pytest.mark.parametrize('is_item_waiting', [False, True])
def test_close_wakes_the_waiting_thread_and_hands_out_nothing_more(is_item_waiting: bool) -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    thread = threading.Thread(target=lambda: taken.append(mailbox.take()))
    if is_item_waiting:
        mailbox.put(1)
        mailbox.close()
        thread.start()
    else:
        thread.start()
        mailbox.close()
    thread.join(PATIENCE_S)
    assert taken == [None]


def test_an_item_put_after_close_is_not_counted() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.close()
    mailbox.put(1)
    assert mailbox.counts() == Counts(0, 0, {}, 0, 0)


def test_put_does_not_wait_for_the_taker() -> None:
    mailbox: Mailbox[bytes] = Mailbox()
    mailbox.put(b'')
    mailbox.take()
    durations_s = []
    for _ in range(1000):
        start = time.perf_counter()
        mailbox.put(bytes(1000))
        durations_s.append(time.perf_counter() - start)
    assert sorted(durations_s)[500] < 0.001


def test_counts_sum_up_at_every_moment_while_two_threads_put_and_one_takes() -> None:
    mailbox: Mailbox[int] = Mailbox()
    is_newest = []
    newest = 0

    def put() -> None:
        nonlocal newest
        for _ in range(3000):
            newest += 1
            mailbox.put(newest)

    def take() -> None:
        choose = random.Random(0)
        while (item := mailbox.take()) is not None:
            is_newest.append(item)
            if choose.random() < 0.5:
                mailbox.mark_processed()
            else:
                mailbox.mark_dropped('empty')

    taker = threading.Thread(target=take)
    putters = [threading.Thread(target=put) for _ in range(2)]
    taker.start()
    for putter in putters:
        putter.start()
    while any(putter.is_alive() for putter in putters):
        assert_sums_up(mailbox.counts())
    mailbox.close()
    taker.join(PATIENCE_S)
    counts = mailbox.counts()
    assert_sums_up(counts)
    assert counts.received == 6000
    assert counts.processed + counts.dropped.get('empty', 0) + counts.in_progress == len(is_newest)
