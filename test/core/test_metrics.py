"""Metrics against numbers worked out by hand."""

import math

import numpy as np
import pytest
from segnet_ros.core.metrics import ConfusionMatrix


def make_matrix() -> ConfusionMatrix:
    matrix = ConfusionMatrix(4)
    truth = np.array([[0, 0, 0, 1], [1, 255, 255, 2]], np.uint8)
    label = np.array([[0, 0, 1, 1], [1, 0, 3, 0]], np.uint8)
    matrix.update(label, truth)
    return matrix


def test_counts_rows_by_truth_and_ignores_unlabeled():
    assert make_matrix().counts.tolist() == [
        [2, 1, 0, 0],
        [0, 2, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
    ]


def test_figures_follow_from_the_counts():
    matrix = make_matrix()
    assert matrix.global_accuracy == pytest.approx(4 / 6)
    assert matrix.share == pytest.approx([3 / 6, 2 / 6, 1 / 6, 0])
    assert matrix.class_accuracy == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert matrix.iou[:3] == pytest.approx([2 / 4, 2 / 3, 0])
    assert math.isnan(matrix.iou[3])
    assert matrix.miou == pytest.approx((2 / 4 + 2 / 3 + 0) / 3)


def test_images_add_up_to_one_matrix():
    whole, parts = ConfusionMatrix(11), ConfusionMatrix(11)
    truth, label = np.random.default_rng(0).integers(0, 11, (2, 6, 8), dtype=np.uint8)
    whole.update(label, truth)
    for row in range(6):
        parts.update(label[row], truth[row])
    assert np.array_equal(whole.counts, parts.counts)


def test_nothing_measured_is_not_a_number():
    matrix = ConfusionMatrix(3)
    matrix.update(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8))
    assert math.isnan(matrix.miou)
    assert math.isnan(matrix.global_accuracy)
    assert np.isnan(matrix.share).all()


def test_another_size_is_refused():
    with pytest.raises(ValueError, match=r'\(2, 3\), got \(3, 2\)'):
        ConfusionMatrix(3).update(np.zeros((3, 2), np.uint8), np.zeros((2, 3), np.uint8))


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match='expected class ids 0 to 2'):
        ConfusionMatrix(3).update(np.full((2, 2), 3, np.uint8), np.zeros((2, 2), np.uint8))
