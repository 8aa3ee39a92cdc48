"""Tests of the summary of ages."""

from __future__ import annotations

import pytest
from segnet_ros.node.cameras.age import AgeWindow


def test_percentiles_are_ages_that_occurred() -> None:
    window = AgeWindow()
    for milliseconds in range(1, 101):
        window.add(milliseconds / 1000)
    summary = window.summary()
    assert summary.p50_ms == pytest.approx(50)
    assert summary.p95_ms == pytest.approx(95)
    assert summary.mismatched == 0


def test_without_an_age_there_is_no_percentile() -> None:
    summary = AgeWindow().summary()
    assert summary.p50_ms is None
    assert summary.p95_ms is None


def test_only_the_latest_ages_are_kept() -> None:
    window = AgeWindow(length=3)
    for age_s in (50.0, 0.1, 0.2, 0.3):
        window.add(age_s)
    assert window.summary().p95_ms == pytest.approx(300)


@pytest.mark.parametrize('age_s', [-0.2, 61.0, 1.7e9])
def test_an_implausible_age_is_counted_and_left_out(age_s: float) -> None:
    window = AgeWindow()
    window.add(0.1)
    window.add(age_s)
    summary = window.summary()
    assert summary.p95_ms == pytest.approx(100)
    assert summary.mismatched == 1
    assert summary.is_mismatched
    window.add(0.1)
    assert not window.summary().is_mismatched


def test_ages_are_forgotten_but_not_how_many_were_implausible() -> None:
    window = AgeWindow()
    window.add(0.1)
    window.add(61.0)
    window.forget()
    assert window.summary().p95_ms is None
    assert window.summary().mismatched == 1


@pytest.mark.parametrize('age_s', [-0.1, 0.0, 60.0])
def test_a_plausible_age_counts(age_s: float) -> None:
    window = AgeWindow()
    window.add(age_s)
    assert window.summary().p50_ms == pytest.approx(age_s * 1000)
