"""Tests of what a slot of the mailbox lets in, and keeps: limit, switch, withdrawal; no ROS."""

from __future__ import annotations

import random
from typing import Any

import pytest
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.cameras.slot import Counts
from segnet_ros.node.cameras.slot import Slot
from test_mailbox import assert_sums_up
from test_mailbox import Clock
from test_mailbox import never
from test_mailbox import open_one
from test_mailbox import take_one


def take_at_rate(camera_rate: float, max_rate: float, seconds: float = 20.0) -> Slot[Any]:
    """Put the images of a camera that trembles, and take each at once; another goes beside it."""
    clock, tremble = Clock(), random.Random(1)
    mailbox: Mailbox[int] = Mailbox(clock)
    slot, other = mailbox.open_slot(), mailbox.open_slot()
    for step in range(round(seconds * camera_rate)):
        clock.now = 100.0 + (step + tremble.uniform(-0.05, 0.05)) / camera_rate
        slot.limit(max_rate)  # again and again, as the camera does
        slot.put(step)
        other.put(0)
        for one in mailbox.take(never, 2):
            assert one.item == (step if one.slot is slot else 0)  # as it came, none of before
            one.mark_processed()
    return slot


@pytest.mark.parametrize(
    ('camera_rate', 'max_rate', 'expected'),
    [(100, 10, 10), (30, 20, 20), (30, 25, 25), (30, 10, 10), (10, 10, 10), (5, 10, 5)],
)
def test_a_limit_keeps_the_rate_and_hands_out_only_what_has_just_come(
    camera_rate: float, max_rate: float, expected: float
) -> None:
    counts = take_at_rate(camera_rate, max_rate, seconds=20.0).counts()
    assert counts.processed == pytest.approx(20 * expected, abs=2)
    capped = 20 * camera_rate - counts.processed
    assert counts == Counts(20 * camera_rate, counts.processed, counts.dropped, 0, 0)
    assert counts.dropped == ({'rate_capped': capped} if capped else {})


def test_nothing_is_kept_of_a_camera_that_stops_between_two_turns() -> None:
    clock = Clock()
    mailbox: Mailbox[str] = Mailbox(clock)
    slot, other = mailbox.open_slot(), mailbox.open_slot()
    slot.limit(0.2)
    slot.put('first')
    first = take_one(mailbox)
    assert first.item == 'first'
    first.mark_processed()
    clock.now += 0.4
    slot.put('last')
    assert slot.counts() == Counts(2, 1, {'rate_capped': 1}, 0, 0)
    clock.now += 60.0
    other.put('of another')
    assert take_one(mailbox).item == 'of another'
    slot.put('new')
    assert take_one(mailbox).item == 'new'


def test_what_waits_within_the_limit_is_replaced_by_newer_ones() -> None:
    clock = Clock()
    mailbox: Mailbox[int] = Mailbox(clock)
    slot = mailbox.open_slot()
    slot.limit(10.0)
    slot.put(1)
    taken = take_one(mailbox)  # and computes for 0.15 s
    for item in (2, 3, 4):
        clock.now += 0.05
        slot.put(item)
    assert slot.counts() == Counts(4, 0, {'rate_capped': 1, 'replaced': 1}, 1, 1)
    taken.mark_processed()
    assert take_one(mailbox).item == 4


def test_a_limit_that_is_lifted_lets_the_next_item_in() -> None:
    mailbox, slot = open_one()
    slot.limit(0.001)
    for item in (1, 2):
        slot.put(item)
        if item == 1:
            mailbox.take(never)
    slot.limit(0.0)
    slot.put(3)
    assert take_one(mailbox).item == 3
    assert slot.counts().dropped == {'rate_capped': 1}


def test_a_disabled_camera_is_counted_and_not_taken() -> None:
    mailbox, slot = open_one()
    other = mailbox.open_slot()
    slot.put(1)
    slot.enable(False)
    slot.put(2)
    other.put(3)
    assert take_one(mailbox).item == 3
    assert slot.counts() == Counts(2, 0, {'disabled': 2}, 0, 0)
    slot.enable(True)
    slot.put(4)
    assert take_one(mailbox).item == 4


def test_what_waits_can_be_discarded() -> None:
    mailbox, slot = open_one()
    slot.discard('inactive')
    slot.put(1)
    taken = take_one(mailbox)
    slot.put(2)
    slot.discard('inactive')
    assert slot.counts() == Counts(2, 0, {'inactive': 1}, 0, 1)
    taken.mark_dropped('stopped')
    assert_sums_up(slot.counts())


def test_what_is_in_progress_can_be_withdrawn_and_the_next_is_wanted_again() -> None:
    mailbox, slot = open_one()
    old = []
    for item in (1, 2):
        slot.put(item)
        old.append(take_one(mailbox))
    slot.put(3)
    slot.withdraw('inactive')
    assert slot.counts() == Counts(3, 0, {'inactive': 1}, 0, 2)
    slot.put(4)
    new = take_one(mailbox)
    assert [one.withdrawn for one in (*old, new)] == ['inactive', 'inactive', '']
    for one in (*old, new):
        one.mark_processed()
    assert slot.counts() == Counts(4, 1, {'inactive': 3}, 0, 0)


def test_what_cannot_wait_is_counted_and_leaves_what_waits() -> None:
    mailbox, slot = open_one()
    slot.put(1)
    slot.refuse('bad_message')
    assert slot.counts() == Counts(2, 0, {'bad_message': 1}, 1, 0)
    assert take_one(mailbox).item == 1
