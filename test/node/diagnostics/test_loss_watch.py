"""Tests of the advice about lost images."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.diagnostics.loss_watch import LossWatch


@pytest.fixture
def camera() -> SimpleNamespace:
    return SimpleNamespace(
        slot=Mailbox[str]().open_slot(),
        topic='/image_raw',
        publishers=1,
        lost=0,
        reliability='best_effort',
        data_size=921_600,
    )


class Watch:
    """A watch that looks once a second, in a time that the test lets pass."""

    def __init__(self, camera: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = 1000.0
        monkeypatch.setattr('segnet_ros.node.diagnostics.loss_watch.time', self)
        self._camera = camera
        self._watch = LossWatch(camera)
        self._watch.find()

    def monotonic(self) -> float:
        return self._now

    def look(self, seconds: int = 1, received: int = 0, lost: int = 0) -> str:
        """Let so many images come and get lost each second; return what is told at the end."""
        for _ in range(seconds):
            for _ in range(received):
                self._camera.slot.put('image')
            self._camera.lost = None if self._camera.lost is None else self._camera.lost + lost
            self._now += 1.0
            trouble = self._watch.find()
        return trouble.text if trouble else ''


@pytest.fixture
def watch(camera: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(camera, monkeypatch)


def set_vendor(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    function = 'segnet_ros.node.diagnostics.loss_watch.get_rmw_implementation_identifier'
    monkeypatch.setattr(function, lambda: name)


@pytest.mark.parametrize('vendor', ['rmw_fastrtps_cpp', 'rmw_fastrtps_dynamic_cpp'])
def test_with_fast_dds_its_shared_memory_is_named_first_and_the_network_too(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    set_vendor(monkeypatch, vendor)
    text = watch.look(received=3, lost=57)
    assert '57 of the last 60' in text
    assert text.index('config/fastdds.xml') < text.index('image_transport:=compressed')


@pytest.mark.parametrize('vendor', ['rmw_cyclonedds_cpp', 'rmw_zenoh_cpp'])
def test_with_another_vendor_nothing_is_said_of_fast_dds(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    set_vendor(monkeypatch, vendor)
    text = watch.look(received=3, lost=57)
    assert '57 of the last 60' in text
    assert 'Fast DDS' not in text
    assert 'fastdds' not in text
    for remedy in ('publish reliably', 'image_transport:=compressed', 'doc/robots.md'):
        assert remedy in text


@pytest.mark.parametrize(
    'change',
    [{'reliability': 'reliable'}, {'data_size': 230_400}, {'lost': None}],
)
def test_other_loss_is_no_reason_to_warn(
    camera: SimpleNamespace, watch: Watch, change: dict[str, object]
) -> None:
    vars(camera).update(change)
    assert not watch.look(seconds=20, received=3, lost=27)


def test_half_of_the_images_or_few_are_no_reason_to_warn(watch: Watch) -> None:
    assert not watch.look(received=0, lost=29)
    assert not watch.look(received=30, lost=0)


def test_loss_that_begins_late_is_told_and_its_end_too(watch: Watch) -> None:
    assert not watch.look(seconds=600, received=30)
    assert watch.look(seconds=9, received=2, lost=28)
    assert watch.look(seconds=600, received=2, lost=28)
    assert not watch.look(seconds=9, received=30)
    assert watch.look(seconds=9, received=2, lost=28)


def test_loss_of_a_slow_camera_is_told(watch: Watch) -> None:
    assert watch.look(seconds=40, lost=1)
    assert not watch.look(seconds=20, received=1)


@pytest.mark.parametrize('change', [{'publishers': 2}, {'reliability': 'reliable'}])
def test_what_another_camera_lost_does_not_count(
    camera: SimpleNamespace, watch: Watch, change: dict[str, object]
) -> None:
    assert watch.look(seconds=20, received=2, lost=28)
    vars(camera).update(change)
    assert not watch.look()
    camera.reliability = 'best_effort'
    assert not watch.look(received=30)
    assert watch.look(seconds=3, received=2, lost=28)
