"""Tests of what is said of images that are dropped one and all."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.diagnostics.drop_watch import DropWatch

STALE = (
    '/image_raw: all images are older than max_age (0.5 s): newest 5.0 s; compare the clocks of'
    ' camera and node, or raise max_age'
)


class Camera(SimpleNamespace):
    """A camera of whose images becomes what the test says."""

    def __init__(self, name: str = '') -> None:
        self._mailbox: Mailbox[str] = Mailbox()
        super().__init__(
            name=name,
            topic='/image_raw',
            staleness='older than max_age (0.5 s): newest 5.0 s',
            slot=self._mailbox.open_slot(),
        )

    def drop(self, *reasons: str) -> None:
        for reason in reasons:
            self.slot.put('image')
            self._mailbox.take(lambda: False)[0].mark_dropped(reason)

    def process(self) -> None:
        self.slot.put('image')
        self._mailbox.take(lambda: False)[0].mark_processed()


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def watch(camera: Camera) -> DropWatch:
    return DropWatch(camera)


def look(watch: DropWatch) -> str:
    trouble = watch.find()
    return trouble.text if trouble else ''


def test_old_images_are_told_of_until_one_is_segmented(camera: Camera, watch: DropWatch) -> None:
    camera.drop('too_old', 'too_old')
    assert not look(watch)
    assert not look(watch)
    camera.drop('too_old')
    assert look(watch) == STALE
    assert look(watch) == STALE
    camera.process()
    assert not look(watch)
    camera.drop('too_old', 'too_old')
    assert not look(watch)


def test_some_old_images_among_others_are_no_reason_to_warn(
    camera: Camera, watch: DropWatch
) -> None:
    for _ in range(9):
        camera.drop('too_old', 'too_old', 'too_old')
        camera.process()
        assert not look(watch)


def test_images_that_are_replaced_or_held_back_tell_nothing(
    camera: Camera, watch: DropWatch
) -> None:
    for _ in range(3):
        camera.drop('replaced', 'too_old', 'rate_capped')
        told = look(watch)
    assert told == STALE
    camera.slot.reset_counts()
    assert not look(watch)


@pytest.mark.parametrize('reason', ['no_subscriber', 'inactive', 'bad_encoding', 'replaced'])
def test_of_other_drops_nothing_is_said(camera: Camera, watch: DropWatch, reason: str) -> None:
    camera.drop(*[reason] * 9)
    assert not look(watch)


@pytest.mark.parametrize(
    ('name', 'parameter'), [('', 'camera.enabled'), ('front', 'camera.front.enabled')]
)
def test_the_switch_is_named(name: str, parameter: str) -> None:
    camera = Camera(name)
    watch = DropWatch(camera)
    camera.drop('too_old', 'too_old', 'too_old')
    assert look(watch) == STALE
    camera.drop('disabled', 'disabled', 'disabled')
    told = f'/image_raw: images are dropped, because ~/enable or {parameter} says so'
    assert look(watch) == told
    camera.process()
    assert not look(watch)
