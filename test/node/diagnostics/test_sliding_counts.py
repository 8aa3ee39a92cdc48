"""Tests of how much counts have grown lately."""

from __future__ import annotations

from segnet_ros.node.diagnostics.sliding_counts import SlidingCounts


def test_growth_is_that_of_the_window() -> None:
    counts = SlidingCounts()
    found = [counts.add(float(s), (10 * s, min(s, 4)), span_s=3.0) for s in range(9)]
    assert found[0] == (0.0, (0, 0))
    assert found[2] == (2.0, (20, 2))
    assert found[5] == (3.0, (30, 2))
    assert found[8] == (3.0, (30, 0))


def test_the_window_is_as_long_as_it_takes_to_count_enough() -> None:
    counts = SlidingCounts()
    found = [counts.add(float(s), (s // 2,), span_s=1.0, least=3) for s in range(20)]
    assert {growth.counts for growth in found[7:]} == {(3,)}
    assert {growth.elapsed_s for growth in found[7:]} <= {5.0, 6.0}


def test_counts_that_begin_anew_begin_a_window() -> None:
    counts = SlidingCounts()
    counts.add(0.0, (5, 5), span_s=9.0)
    counts.add(1.0, (7, 6), span_s=9.0)
    assert counts.add(2.0, (1, 6), span_s=9.0) == (0.0, (0, 0))
    assert counts.add(3.0, (2, 7), span_s=9.0) == (1.0, (1, 1))
    counts.clear()
    assert counts.add(4.0, (9, 9), span_s=9.0) == (0.0, (0, 0))
