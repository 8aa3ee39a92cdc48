"""Schedules as functions of progress."""

import pytest
from segnet_ros.training.step.schedule import grow_size
from segnet_ros.training.step.schedule import one_cycle


def test_learning_rate_rises_to_its_peak_and_falls_to_nearly_nothing():
    rates = [one_cycle(step / 100) for step in range(101)]
    peak = rates.index(max(rates))
    assert peak == 8
    assert rates[peak] == pytest.approx(1)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 0.01


@pytest.mark.parametrize(
    ('progress', 'size'),
    [
        (0.0, (120, 160)),
        (0.14, (120, 160)),
        (0.16, (180, 240)),
        (0.7, (240, 320)),
        (1, (240, 320)),
    ],
)
def test_size_grows_to_the_full_one(progress, size):
    assert grow_size((240, 320), progress) == size


def test_size_stays_one_the_network_takes():
    assert grow_size((40, 48), 0) == (32, 32)
