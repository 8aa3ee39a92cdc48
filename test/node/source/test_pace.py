"""Whether images come as often as they should: counted, and said once."""

import pytest
from segnet_ros.node.source import pace
from segnet_ros.node.source.pace import Pace


class Clock:
    """Stands in for the steady clock."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pace, 'time', clock)
    return clock


def publish(pace: Pace, clock: Clock, number: int, period: float) -> None:
    for _ in range(number):
        clock.now += period
        pace.count()


def test_images_in_time_are_not_late(clock):
    pace = Pace(10.0)
    publish(pace, clock, 50, 0.1)
    assert not pace.is_late()
    assert str(pace) == '50 images in 4.9 s (10.0 of 10 Hz)'


def test_time_before_the_first_image_does_not_count(clock):
    pace = Pace(10.0)
    clock.now += 60
    assert not pace.is_late()
    publish(pace, clock, 5, 0.1)
    assert not pace.is_late()


def test_more_than_a_second_behind_is_late_once(clock):
    pace = Pace(10.0)
    publish(pace, clock, 10, 0.1)
    clock.now += 0.8
    assert not pace.is_late()
    clock.now += 0.5
    assert pace.is_late()
    assert not pace.is_late()


def test_half_the_rate_is_late_and_told(clock):
    pace = Pace(10.0)
    publish(pace, clock, 21, 0.2)
    assert pace.is_late()
    assert str(pace) == '21 images in 4.0 s (5.0 of 10 Hz)'
