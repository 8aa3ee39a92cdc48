"""How often a network is right, by how sure it says it is."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import UNLABELED
from segnet_ros.core.predictor import Prediction
from segnet_ros.core.predictor import Predictor

LEVELS = 256
"""Of confidence and of uncertainty, which come in one byte."""
BINS = 16
"""Of these levels, for figures."""
MEASURED = ('label', 'confidence', 'uncertainty')
"""Outputs that a calibration is measured by."""

Counts = NDArray[np.int64]
"""Wrong and right pixels by level, (256, 2)."""


def _make_counts() -> Counts:
    return np.zeros((LEVELS, 2), np.int64)


@dataclass
class Calibration:
    """Wrong and right pixels, by confidence and by uncertainty."""

    confidence: Counts = field(default_factory=_make_counts)
    uncertainty: Counts = field(default_factory=_make_counts)

    def update(self, prediction: Prediction, truth: NDArray[np.uint8]) -> None:
        """
        Count the pixels of an image.

        :param prediction: label, confidence and uncertainty, each of the size of the truth
        :param truth: class ids, uint8 (H, W); unlabeled pixels do not count
        """
        assert prediction.label is not None
        known = truth != UNLABELED
        is_right = (prediction.label == truth)[known]
        for counts, levels in (
            (self.confidence, prediction.confidence),
            (self.uncertainty, prediction.uncertainty),
        ):
            assert levels is not None
            pairs = 2 * levels[known].astype(np.int64) + is_right
            counts += np.bincount(pairs, minlength=2 * LEVELS).reshape(LEVELS, 2)

    def merge(self, other: Calibration) -> None:
        """Add what was counted of other images."""
        self.confidence += other.confidence
        self.uncertainty += other.uncertainty

    @property
    def error(self) -> float:
        """
        Expected calibration error: how far confidence is from accuracy, a fraction.

        Source: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML
        2017; with 16 bins of equal width.
        """
        sure = np.arange(LEVELS) / (LEVELS - 1)
        totals = self.confidence.sum(axis=1)
        gaps = sum_bins(totals * sure) - sum_bins(self.confidence[:, 1])
        return float(np.abs(gaps).sum() / totals.sum()) if totals.any() else float('nan')

    @property
    def mean_uncertainty(self) -> tuple[float, float]:
        """Of wrong pixels and of right ones, 0 to 1; not a number where there are none."""
        levels = np.arange(LEVELS) / (LEVELS - 1)
        with np.errstate(invalid='ignore'):
            wrong, right = levels @ self.uncertainty / self.uncertainty.sum(axis=0)
        return float(wrong), float(right)

    def summarize(self) -> dict[str, Any]:
        """Put the figures into plain values; None where there is no such pixel."""
        wrong, right = self.mean_uncertainty
        figures = {
            'calibration_error': self.error,
            'uncertainty_of_wrong': wrong,
            'uncertainty_of_right': right,
        }
        return {key: None if np.isnan(value) else value for key, value in figures.items()}


@dataclass(frozen=True)
class UncertainPredictor:
    """A predictor that always says how sure it is."""

    predictor: Predictor
    mc_samples: int
    """As in :meth:`Predictor.predict`."""

    @property
    def label_set(self) -> LabelSet:
        """That of the predictor."""
        return self.predictor.label_set

    def predict(self, image: Image) -> Prediction:
        """Segment one image, RGB, uint8 (H, W, 3)."""
        return self.predictor.predict(image, MEASURED, mc_samples=self.mc_samples)


def sum_bins(values: NDArray[Any]) -> NDArray[Any]:
    """Add up levels that share a bin: (256, ...) to (16, ...)."""
    binned: NDArray[Any] = values.reshape(BINS, LEVELS // BINS, *values.shape[1:]).sum(axis=1)
    return binned
