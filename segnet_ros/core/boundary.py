"""Boundary F1 (BF): how closely predicted class boundaries follow the true ones."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import UNLABELED

TOLERANCE = 0.0075
"""How far apart boundaries may be and still match, as a share of the image's diagonal."""
_WINDOW = np.ones((2, 2), np.uint8)

Pixels = NDArray[np.intp]
"""Rows and columns, (2, N)."""


class BoundaryF1:
    """
    Average the boundary F1 of any number of images.

    The score of an image is the mean of :func:`score_boundaries` over its classes. Images without
    a class to score, such as those without a label, do not count.

    :ivar scores: of the images that count, in any order
    """

    def __init__(self) -> None:
        self.scores: list[float] = []

    def update(self, label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> None:
        """
        Add one image.

        :param label: predicted class ids, uint8 (H, W)
        :param truth: true class ids and 255, uint8 (H, W)
        :raises ValueError: if shapes differ
        """
        scores = score_boundaries(label, truth)
        if scores:
            self.scores.append(math.fsum(scores.values()) / len(scores))

    def merge(self, other: BoundaryF1) -> None:
        """Add what another one measured, on other images."""
        self.scores += other.scores

    @property
    def bf(self) -> float:
        """Mean over the images that count, 0 to 1, whatever their order; nan without any."""
        return math.fsum(self.scores) / len(self.scores) if self.scores else math.nan


def score_boundaries(label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[int, float]:
    """
    Compute F1 of the boundary pixels of each class of one image.

    Precision is the share of predicted boundary pixels with a true one of the same class within
    the tolerance (0.75 % of the diagonal, Euclidean), recall the reverse. Any number of pixels may
    match the same one, as with a distance transform. The authors' script pairs them one to one,
    which cannot match more: this score is never below that of one-to-one matching.

    A pixel is on the boundary of a class if the 2 x 2 window of which it is the upper left holds
    both the class and another one (``seg2bdry`` of the authors' script). Pixels with unlabeled
    truth are neither, in label and truth alike, just as what lies outside of the image: nothing is
    known of a boundary there, and counting the rim of unlabeled areas, which both have in common,
    would raise every score.

    Only classes of the truth are scored. A boundary in one of the two alone gives 0. A class
    without boundary in both (it fills what is labeled, and is predicted everywhere or nowhere) is
    not scored.

    Source: SegNet (TPAMI 2017), section 3.3; Csurka et al., "What is a good evaluation measure
    for semantic segmentation?", BMVC 2013.

    :param label: predicted class ids, uint8 (H, W)
    :param truth: true class ids and 255, uint8 (H, W)
    :return: F1 by class id, 0 to 1
    :raises ValueError: if shapes differ
    """
    if label.shape != truth.shape or truth.ndim != 2:
        raise ValueError(
            'expected a label and a truth of the same size (H, W), got'
            f' {label.shape} and {truth.shape}'
        )
    is_labeled = truth != UNLABELED
    predicted = _find_boundaries(np.where(is_labeled, label, np.uint8(UNLABELED)))
    true = _find_boundaries(np.ascontiguousarray(truth))
    disk = _make_disk(TOLERANCE * math.hypot(*truth.shape))
    scores = {}
    for class_id in np.flatnonzero(np.bincount(truth[is_labeled])).tolist():
        pair = predicted.select(class_id), true.select(class_id)
        if any(pixels.size for pixels in pair):
            scores[class_id] = _compute_f1(*pair, disk)
    return scores


class _Boundaries(NamedTuple):
    """Boundary pixels of all classes of an image."""

    pixels: Pixels
    windows: NDArray[np.uint8]
    """What is in the window of each, uint8 (4, N)."""

    def select(self, class_id: int) -> Pixels:
        """List the boundary pixels of one class."""
        return self.pixels[:, (self.windows == class_id).any(axis=0)]


def _find_boundaries(image: NDArray[np.uint8]) -> _Boundaries:
    """Find the windows with more than one class."""
    # Unlabeled is the highest value already; for the maximum it must be the lowest.
    lowest = cv2.erode(image, _WINDOW, anchor=(0, 0))
    known = np.where(image == UNLABELED, np.uint8(0), image)
    highest = cv2.dilate(known, _WINDOW, anchor=(0, 0))
    pixels = np.array(np.nonzero(lowest < highest))
    padded = np.pad(image, ((0, 1), (0, 1)), constant_values=UNLABELED)
    rows, columns = pixels
    windows = np.array([padded[rows + y, columns + x] for y in (0, 1) for x in (0, 1)])
    return _Boundaries(pixels, windows)


def _compute_f1(predicted: Pixels, true: Pixels, disk: NDArray[np.uint8]) -> float:
    if not predicted.size or not true.size:
        return 0.0
    precision = _match(predicted, true, disk)
    recall = _match(true, predicted, disk)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _match(pixels: Pixels, others: Pixels, disk: NDArray[np.uint8]) -> float:
    """Compute the share of pixels that have another within the disk."""
    # No more than the rectangle that holds all of them: most classes are small.
    both = np.concatenate([pixels, others], axis=1)
    corner = both.min(axis=1, keepdims=True)
    is_near = np.zeros(both.max(axis=1) - corner[:, 0] + 1, np.uint8)
    is_near[tuple(others - corner)] = 1
    is_near = np.asarray(cv2.dilate(is_near, disk), np.uint8)
    return float(is_near[tuple(pixels - corner)].mean())


def _make_disk(radius: float) -> NDArray[np.uint8]:
    """Mark the offsets of at most the radius, uint8 (2 * floor(radius) + 1, the same)."""
    offsets = np.arange(-int(radius), int(radius) + 1)
    return (np.add.outer(offsets**2, offsets**2) <= radius**2).astype(np.uint8)
