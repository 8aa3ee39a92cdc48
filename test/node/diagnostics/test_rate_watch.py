"""Tests of the warning about slow cameras."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from segnet_ros.node.diagnostics.rate_watch import RateWatch
from segnet_ros.node.parameters.segnet_parameters import Parameters


def watch(times_s: Sequence[float], parameters: Parameters, seconds: int) -> list[str]:
    """Let images come at these times; return what is said each second."""
    rates = RateWatch()
    return [
        rates.find(float(now_s), sum(time_s <= now_s for time_s in times_s), parameters)
        for now_s in range(seconds)
    ]


@pytest.mark.parametrize('jitter', [0.0, 0.3])
@pytest.mark.parametrize('rate', [0.5, 1.0, 30.0])
def test_a_camera_of_the_expected_rate_is_no_reason_to_warn(rate: float, jitter: float) -> None:
    times_s = [(n + jitter * (-1) ** n) / rate for n in range(1, int(90 * rate))]
    assert set(watch(times_s, Parameters(expected_rate=rate), 80)) == {''}


@pytest.mark.parametrize(('rate', 'share'), [(0.5, 0.7), (30.0, 0.85)])
def test_a_camera_that_becomes_slow_is_warned_of_until_it_is_not(
    rate: float, share: float
) -> None:
    fast = [n / rate for n in range(1, int(60 * rate))]
    slow = [60 + n / rate / share for n in range(int(60 * rate * share))]
    again = [120 + n / rate for n in range(int(60 * rate))]
    told = watch(fast + slow + again, Parameters(expected_rate=rate), 170)
    assert set(told[:60]) == {''}
    assert all(text.endswith(f'expected {rate:g}') for text in told[85:120])
    assert set(told[150:]) == {''}


def test_a_long_period_of_the_diagnostics_is_the_least_time() -> None:
    rates, parameters = RateWatch(), Parameters(expected_rate=30.0, diagnostics_period=10.0)
    told = [rates.find(now_s, 0, parameters) for now_s in (0.0, 9.0, 10.0)]
    assert told == ['', '', '0 images per second, expected 30']


def test_the_time_in_which_no_images_were_to_come_does_not_count() -> None:
    rates, parameters = RateWatch(), Parameters(expected_rate=30.0)
    rates.find(0.0, 0, parameters)
    rates.begin_anew()
    assert not rates.find(9.0, 0, parameters)
    assert not rates.find(10.9, 0, parameters)
    assert rates.find(11.0, 0, parameters)
    assert not rates.find(11.1, 0, Parameters())
    assert not rates.find(12.0, 0, parameters)
