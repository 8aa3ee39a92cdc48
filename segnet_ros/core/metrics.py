"""Metrics of segmentation, all from one confusion matrix over the whole data set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import UNLABELED


class ConfusionMatrix:
    """
    Count, over any number of images, which class was predicted where which class is true.

    Pixels whose truth is unlabeled (255) do not count.

    Source: SegNet (TPAMI 2017), section 3.3, and the authors' compute_test_results.m.

    :ivar counts: int64 (num_classes, num_classes); rows are the truth, columns the prediction
    """

    def __init__(self, num_classes: int) -> None:
        self.counts = np.zeros((num_classes, num_classes), np.int64)

    def update(self, label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> None:
        """
        Add one image, or several.

        :param label: predicted class ids, uint8, any shape
        :param truth: true class ids and 255, uint8, the same shape
        :raises ValueError: if shapes differ or there is an id outside the classes
        """
        if label.shape != truth.shape:
            raise ValueError(
                f'expected a label of the size of the truth, {truth.shape}, got {label.shape}'
            )
        num_classes = len(self.counts)
        labeled = truth != UNLABELED
        predicted, true = label[labeled].astype(np.int64), truth[labeled].astype(np.int64)
        if predicted.size and max(predicted.max(), true.max()) >= num_classes:
            raise ValueError(
                f'expected class ids 0 to {num_classes - 1}, got up to'
                f' {predicted.max()} in the label and {true.max()} in the truth'
            )
        counts = np.bincount(num_classes * true + predicted, minlength=num_classes**2)
        self.counts += counts.reshape(num_classes, num_classes)

    @property
    def global_accuracy(self) -> float:
        """Share of labeled pixels that are right; nan without any."""
        return float(_divide(np.trace(self.counts), self.counts.sum()))

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of each class's pixels that are right, (num_classes,); nan where it is absent."""
        return _divide(np.diag(self.counts), self.counts.sum(axis=1))

    @property
    def class_accuracy(self) -> float:
        """Mean of :attr:`accuracy` over the classes that are there."""
        return _mean(self.accuracy)

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of labeled pixels that each class truly has, (num_classes,); nan without any."""
        return _divide(self.counts.sum(axis=1), self.counts.sum())

    @property
    def iou(self) -> NDArray[np.float64]:
        """
        Intersection over union of each class, (num_classes,).

        A class that is neither true nor predicted anywhere is nan.
        """
        intersection = np.diag(self.counts)
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - intersection
        return _divide(intersection, union)

    @property
    def miou(self) -> float:
        """Mean of :attr:`iou` over the classes that are true or predicted somewhere."""
        return _mean(self.iou)


def _divide(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.float64]:
    numerator = np.asarray(numerator, np.float64)
    result = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=result, where=denominator > 0)


def _mean(values: NDArray[np.float64]) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if present.size else float('nan')
