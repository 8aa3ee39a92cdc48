"""Which pixels a filter keeps, against the definition, pixel by pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.node.label_filter import find_class_ids
from segnet_ros.node.label_filter import LabelFilter

ALL = range(11)


def draw(seed: int, highest: int) -> NDArray[np.uint8]:
    """Draw values up to the highest, uint8 (31, 47)."""
    return np.random.default_rng(seed).integers(0, highest + 1, (31, 47), dtype=np.uint8)


@pytest.mark.parametrize('class_ids', [(), (0,), (3, 4, 9), ALL, (254,)])
@pytest.mark.parametrize('min_confidence', [0.0, 0.3, 0.5, 1.0])
def test_pixels_are_kept_by_class_and_confidence(
    class_ids: tuple[int, ...], min_confidence: float
) -> None:
    label, confidence = draw(1, 255), draw(2, 255)
    kept = LabelFilter(class_ids, min_confidence).apply(label, confidence)
    assert kept.dtype == np.uint8
    for found, class_id, value in zip(kept.flat, label.flat, confidence.flat, strict=True):
        is_kept = class_id in class_ids and value >= round(min_confidence * 255)
        assert found == (class_id if is_kept else 255)


def test_without_a_minimum_no_confidence_is_needed() -> None:
    label = draw(1, 10)
    assert set(LabelFilter((3, 9)).apply(label).flat) == {3, 9, 255}


def test_unlabeled_pixels_stay_unlabeled() -> None:
    label = np.full((2, 3), 255, np.uint8)
    assert (LabelFilter(ALL).apply(label) == 255).all()


@pytest.mark.parametrize('softmax', [0.0, 0.1, 0.333, 0.5, 0.7, 0.999, 1.0])
def test_a_pixel_that_has_the_minimum_is_not_lost_by_rounding(softmax: float) -> None:
    confidence = np.full((1, 1), round(softmax * 255), np.uint8)
    label = np.full((1, 1), 3, np.uint8)
    assert LabelFilter(ALL, softmax).apply(label, confidence)[0, 0] == 3


def test_the_label_image_is_not_changed() -> None:
    label, confidence = draw(1, 10), draw(2, 255)
    before = label.copy()
    LabelFilter((3,), 0.5).apply(label, confidence)
    np.testing.assert_array_equal(label, before)


def test_strided_and_read_only_arrays_are_filtered() -> None:
    label, confidence = draw(1, 10), draw(2, 255)
    label.setflags(write=False)
    expected = LabelFilter((3,), 0.5).apply(label, confidence)[::-1, ::2]
    found = LabelFilter((3,), 0.5).apply(label[::-1, ::2], confidence[::-1, ::2])
    np.testing.assert_array_equal(found, expected)


def test_classes_are_found_by_name() -> None:
    label_set = load_label_set('camvid')
    assert find_class_ids(['car', 'road'], label_set) == (3, 8)
    assert find_class_ids([], label_set) == tuple(ALL)


def test_an_unknown_class_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"expected .*, found 'bus', 'raod'; correct") as refusal:
        find_class_ids(['raod', 'car', 'bus'], load_label_set('camvid'))
    for name in load_label_set('camvid').names:
        assert name in str(refusal.value)
