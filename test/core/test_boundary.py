"""Boundary F1 against a count over all pairs of pixels, and against cases worked out by hand."""

import math

import numpy as np
from numpy.typing import NDArray
import pytest
from segnet_ros.core.boundary import BoundaryF1
from segnet_ros.core.boundary import score_boundaries

UNLABELED = 255


def find_boundary(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], class_id: int
) -> list[tuple[int, int]]:
    """List boundary pixels as the definition says it, one window after the other."""
    height, width = image.shape
    boundary = []
    for row in range(height):
        for column in range(width):
            window = {
                int(image[y, x])
                for y in range(row, min(row + 2, height))
                for x in range(column, min(column + 2, width))
                if truth[y, x] != UNLABELED
            }
            if class_id in window and len(window) > 1:
                boundary.append((row, column))
    return boundary


def count_matches(pixels: list[tuple[int, int]], others: list[tuple[int, int]], limit: float):
    return sum(any(math.dist(pixel, other) <= limit for other in others) for pixel in pixels)


def score_slowly(label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[int, float]:
    """Compute what score_boundaries promises, from counts of matches."""
    limit = 0.0075 * math.sqrt(truth.shape[0] ** 2 + truth.shape[1] ** 2)
    scores = {}
    for class_id in sorted({*truth.ravel().tolist()} - {UNLABELED}):
        predicted = find_boundary(label, truth, class_id)
        true = find_boundary(truth, truth, class_id)
        found = count_matches(true, predicted, limit)
        right = count_matches(predicted, true, limit)
        if predicted or true:
            precision = right / len(predicted) if predicted else 0
            recall = found / len(true) if true else 0
            both = precision + recall
            scores[class_id] = 2 * precision * recall / both if both else 0.0
    return scores


def draw_square(size: tuple[int, int], top: int, left: int, edge: int) -> NDArray[np.uint8]:
    """Draw a square of class 1 on class 0."""
    image = np.zeros(size, np.uint8)
    image[top : top + edge, left : left + edge] = 1
    return image


def make_blocks(seed: int, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a truth of blocks of 4 classes and unlabeled, and a label that differs in places."""
    random = np.random.default_rng(seed)
    coarse = random.choice(np.array([0, 1, 2, 4, UNLABELED], np.uint8), (4, 5))
    truth = np.kron(coarse, np.ones((9, 9), np.uint8))[: size[0], : size[1]]
    noise = random.integers(0, 5, truth.shape, dtype=np.uint8)
    shifted = np.roll(truth, random.integers(-2, 3, 2), (0, 1))
    is_noise = (random.random(truth.shape) < 0.05) | (shifted == UNLABELED)
    return np.where(is_noise, noise, shifted), truth


@pytest.mark.parametrize('seed', range(6))
@pytest.mark.parametrize('size', [(36, 45), (17, 41), (30, 8)])
def test_scores_equal_a_count_over_all_pairs_of_pixels(seed, size):
    label, truth = make_blocks(seed, size)
    assert score_boundaries(label, truth) == pytest.approx(score_slowly(label, truth))


def test_a_larger_tolerance_equals_a_count_over_all_pairs_of_pixels():
    truth = draw_square((300, 200), 20, 150, 25)  # tolerance 2.7 pixels
    label = draw_square((300, 200), 22, 148, 27)
    label[100:104, 20] = 1
    expected = score_slowly(label, truth)
    assert 0 < expected[1] < 1
    assert score_boundaries(label, truth) == pytest.approx(expected)


@pytest.mark.parametrize(
    ('size', 'inside'),
    [((360, 480), 4), ((480, 360), 4), ((240, 320), 3)],  # tolerances 4.5, 4.5 and exactly 3
)
def test_a_shift_counts_from_the_tolerance_on(size, inside):
    truth = draw_square(size, 60, 80, 100)
    along, beyond = (draw_square(size, 60, 80 + n, 100) for n in (inside, inside + 1))
    assert score_boundaries(along, truth) == {0: 1.0, 1: 1.0}
    # Of 402 boundary pixels the left and the right edge no longer match, but for their ends.
    assert 0.45 < score_boundaries(beyond, truth)[1] < 0.6


def test_distance_is_euclidean():
    truth = draw_square((360, 480), 100, 100, 1)
    near, far = (draw_square((360, 480), 100 + n, 100 + n, 1) for n in (3, 5))
    assert score_boundaries(near, truth)[1] == 1  # 4.24 pixels
    # Each has four boundary pixels; the nearest two are 4 apart along both axes, 5.66 pixels.
    assert score_boundaries(far, truth)[1] == 0


def test_a_class_of_the_truth_that_is_not_predicted_scores_nothing():
    truth = draw_square((40, 60), 10, 10, 8)
    assert score_boundaries(np.zeros_like(truth), truth) == {0: 0.0, 1: 0.0}


def test_a_class_that_is_only_predicted_is_not_scored():
    label = draw_square((40, 60), 10, 10, 8)
    assert score_boundaries(label, np.zeros_like(label)) == {0: 0.0}


@pytest.mark.parametrize('predicted', [0, 1])
def test_a_class_without_boundary_is_not_scored(predicted):
    truth = np.zeros((40, 60), np.uint8)
    assert score_boundaries(np.full_like(truth, predicted), truth) == {}


def test_the_rim_of_unlabeled_pixels_is_no_boundary():
    truth = draw_square((40, 60), 10, 10, 8)
    truth[truth == 0] = UNLABELED
    assert score_boundaries(np.ones_like(truth), truth) == {}
    truth[:, 40:] = 0  # far away from the square, across unlabeled pixels
    assert score_boundaries(np.where(truth == 0, truth, np.uint8(1)), truth) == {}


def test_what_is_predicted_on_unlabeled_pixels_does_not_count():
    truth = draw_square((40, 60), 10, 10, 8)
    truth[25:, 25:] = UNLABELED
    label = truth.copy()
    label[25:, 25:] = np.random.default_rng(0).integers(0, 9, (15, 35))
    assert score_boundaries(label, truth) == {0: 1.0, 1: 1.0}


def test_the_average_is_over_classes_then_over_images():
    truth = draw_square((40, 60), 10, 10, 8)
    wrong = np.zeros_like(truth)
    half = np.where(np.arange(60) < 30, truth, np.uint8(2))
    scores = score_boundaries(wrong, half)
    whole = BoundaryF1()
    whole.update(truth, truth)
    whole.update(wrong, half)
    assert len(whole.scores) == 2
    assert whole.bf == pytest.approx((1 + sum(scores.values()) / 3) / 2)


def test_images_with_nothing_to_score_do_not_count():
    boundary = BoundaryF1()
    unlabeled = np.full((40, 60), UNLABELED, np.uint8)
    boundary.update(np.zeros_like(unlabeled), unlabeled)
    boundary.update(np.zeros_like(unlabeled), np.zeros_like(unlabeled))
    assert boundary.scores == []
    assert math.isnan(boundary.bf)
    truth = draw_square((40, 60), 10, 10, 8)
    boundary.update(truth, truth)
    assert boundary.bf == 1


def test_parts_merge_to_the_whole():
    whole, first, second = BoundaryF1(), BoundaryF1(), BoundaryF1()
    for seed, part in ((0, first), (1, second), (2, second)):
        label, truth = make_blocks(seed, (36, 45))
        whole.update(label, truth)
        part.update(label, truth)
    first.merge(second)
    assert len(first.scores) == len(whole.scores) == 3
    assert first.bf == whole.bf


def test_strides_and_read_only_memory_do_not_matter():
    label, truth = make_blocks(3, (36, 45))
    expected = score_boundaries(label[:, ::-1].copy(), truth[:, ::-1].copy())
    truth.setflags(write=False)
    assert score_boundaries(label[:, ::-1], truth[:, ::-1]) == expected


@pytest.mark.parametrize('shape', [(3, 2), (2, 3, 1)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r'the same size \(H, W\), got'):
        score_boundaries(np.zeros(shape, np.uint8), np.zeros((2, 3), np.uint8))
