"""Tests of the mailbox, without ROS."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.cameras.slot import Counts
from segnet_ros.node.cameras.slot import Slot
from segnet_ros.node.cameras.slot import Taken

PATIENCE_S = 10.0


def assert_sums_up(counts: Counts) -> None:
    """Check the invariant."""
    assert counts.received == (
        counts.processed + sum(counts.dropped.values()) + counts.waiting + counts.in_progress
    )


def never() -> bool:
    return False


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def open_one() -> tuple[Mailbox[Any], Slot[Any]]:
    mailbox: Mailbox[Any] = Mailbox()
    return mailbox, mailbox.open_slot()


def take_one(mailbox: Mailbox[Any]) -> Taken[Any]:
    (taken,) = mailbox.take(never)
    return taken


def test_the_newest_of_three_is_taken_and_two_are_counted_as_replaced() -> None:
    mailbox, slot = open_one()
    for item in ('first', 'second', 'third'):
        slot.put(item)
    taken = take_one(mailbox)
    assert taken.item == 'third'
    assert slot.counts() == Counts(3, 0, {'replaced': 2}, 0, 1)
    taken.mark_processed()
    assert slot.counts() == Counts(3, 1, {'replaced': 2}, 0, 0)


def test_an_item_put_while_another_is_in_progress_waits() -> None:
    mailbox, slot = open_one()
    slot.put(1)
    taken = take_one(mailbox)
    slot.put(2)
    assert slot.counts() == Counts(2, 0, {}, 1, 1)
    taken.mark_dropped('empty')
    assert take_one(mailbox).item == 2
    assert slot.counts() == Counts(2, 0, {'empty': 1}, 0, 1)


def test_take_blocks_until_an_item_is_put() -> None:
    mailbox, slot = open_one()
    taken: list[Any] = []
    thread = threading.Thread(target=lambda: taken.extend(mailbox.take(never)))
    thread.start()
    assert not taken
    slot.put(7)
    thread.join(PATIENCE_S)
    assert [one.item for one in taken] == [7]
    assert taken[0].slot is slot


@pytest.mark.parametrize('is_item_waiting', [False, True])
def test_what_is_over_hands_out_nothing_and_leaves_the_item(is_item_waiting: bool) -> None:
    mailbox, slot = open_one()
    over = threading.Event()
    taken: list[Any] = []
    thread = threading.Thread(target=lambda: taken.append(mailbox.take(over.is_set)))
    if is_item_waiting:
        over.set()
        slot.put(1)
        thread.start()
    else:
        thread.start()
        over.set()
        mailbox.wake()
    thread.join(PATIENCE_S)
    assert taken == [[]]
    if is_item_waiting:
        assert take_one(mailbox).item == 1


def test_put_does_not_wait_for_the_taker() -> None:
    mailbox, slot = open_one()
    slot.put(b'')
    mailbox.take(never)
    durations_s = []
    for _ in range(1000):
        start = time.perf_counter()
        slot.put(bytes(1000))
        durations_s.append(time.perf_counter() - start)
    assert sorted(durations_s)[500] < 0.001


def test_the_camera_that_has_waited_longest_is_next_however_often_another_replaces() -> None:
    clock = Clock()
    mailbox: Mailbox[str] = Mailbox(clock)
    slots = {name: mailbox.open_slot() for name in 'abc'}
    order = []
    for turn in range(9):
        for name, slot in slots.items():
            for _ in range(5 if name == 'b' else 1):
                clock.now += 0.01
                slot.put(f'{name}{turn}')
        taken = take_one(mailbox)
        order.append(taken.item)
        taken.mark_processed()
    assert order == ['a0', 'b1', 'c2', 'a3', 'b4', 'c5', 'a6', 'b7', 'c8']


def test_several_are_taken_at_once_each_of_another_camera() -> None:
    mailbox: Mailbox[str] = Mailbox()
    slots = [mailbox.open_slot() for _ in range(3)]
    for slot, item in ((slots[2], 'c'), (slots[0], 'a'), (slots[0], 'a2'), (slots[1], 'b')):
        slot.put(item)
    assert [taken.item for taken in mailbox.take(never, 2)] == ['c', 'a2']
    assert [taken.item for taken in mailbox.take(never, 2)] == ['b']


def test_counts_begin_anew_with_what_is_there() -> None:
    mailbox, slot = open_one()
    for item in range(4):
        slot.put(item)
    taken = take_one(mailbox)
    slot.put(5)
    slot.reset_counts()
    assert slot.counts() == Counts(2, 0, {}, 1, 1)
    taken.mark_processed()
    assert_sums_up(slot.counts())


def test_counts_sum_up_at_every_moment_while_two_threads_put_and_one_takes() -> None:
    mailbox, slot = open_one()
    over = threading.Event()
    taken_items = []
    newest = 0

    def put() -> None:
        nonlocal newest
        for _ in range(3000):
            newest += 1
            slot.put(newest)

    def take() -> None:
        choose = random.Random(0)
        while taken := mailbox.take(over.is_set):
            taken_items.append(taken[0].item)
            if choose.random() < 0.5:
                taken[0].mark_processed()
            else:
                taken[0].mark_dropped('empty')

    taker = threading.Thread(target=take)
    putters = [threading.Thread(target=put) for _ in range(2)]
    taker.start()
    for putter in putters:
        putter.start()
    while any(putter.is_alive() for putter in putters):
        assert_sums_up(slot.counts())
    over.set()
    mailbox.wake()
    taker.join(PATIENCE_S)
    counts = slot.counts()
    assert_sums_up(counts)
    assert counts.received == 6000
    assert counts.processed + counts.dropped.get('empty', 0) + counts.in_progress == len(
        taken_items
    )


def test_like_items_are_taken_together_and_the_oldest_decides() -> None:
    clock = Clock()
    mailbox: Mailbox[Any] = Mailbox(clock)
    slots = [mailbox.open_slot() for _ in range(4)]
    for slot, item in zip(slots, ('large 1', 'small 2', 'large 3', 'large 4'), strict=True):
        slot.put(item)
        clock.now += 1

    def take(most: int) -> list[str]:
        return [taken.item for taken in mailbox.take(never, most, lambda item: item[:5])]

    assert take(2) == ['large 1', 'large 3']
    slots[0].put('large 5')
    assert take(4) == ['small 2']
    slots[1].put('large 6')
    assert take(4) == ['large 4', 'large 5']  # two, because three are no power of two
    assert take(4) == ['large 6']
    for slot in slots:
        assert_sums_up(slot.counts())
