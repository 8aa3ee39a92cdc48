"""How far what a runtime computes agrees with PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.export.export_error import ExportError

SHARES = {'fp32': 1e-5, 'fp16': 1e-2}
"""By precision, of how many pixels the label may differ, without those that are all but a tie."""
TIES = {'fp32': 0.0, 'fp16': 1e-2}
"""How close the two highest logits are in a tie, as a share of the highest."""
CONFIDENCES = {'fp32': 0.01, 'fp16': 1.0}
"""By how much confidences may differ, of 255, on average."""
LOGITS = {'fp32': 1e-4, 'fp16': 1e-2}
"""By how much logits may differ, on average, as a share of the highest."""


@dataclass
class Agreement:
    """What was found on images, one after the other."""

    pixels: int = 0
    differing: int = 0
    """Pixels of another label."""
    gaps: list[float] = field(default_factory=list)
    """Of each of these, how far PyTorch's two highest logits are apart."""
    relative_gaps: list[float] = field(default_factory=list)
    """The same as a share of the highest logit of the image."""
    confidence_sum: float = 0.0
    """Of the differences, of 255."""
    logits_error: float = 0.0
    """The highest of the average differences, as a share of the highest logit."""

    def add(self, found: Mapping[str, NDArray[Any]], logits: NDArray[np.float32]) -> None:
        """
        Compare what was computed of one image.

        :param found: ``label`` and ``confidence``, uint8 (H, W), or ``logits``, (num_classes,
            H, W)
        :param logits: PyTorch's, (num_classes, H, W)
        """
        label = found['logits'].argmax(0) if 'logits' in found else found['label']
        is_other = label != logits.argmax(0)
        self.pixels += label.size
        self.differing += int(is_other.sum())
        highest = np.sort(logits[:, is_other], axis=0)[-2:]
        gaps, scale = highest[-1] - highest[0], np.abs(logits).max()
        self.gaps += gaps.tolist()
        self.relative_gaps += (gaps / scale).tolist()
        if 'logits' in found:
            error = np.abs(found['logits'] - logits).mean() / scale
            self.logits_error = float(np.maximum(self.logits_error, error))  # keeps nan
        if 'confidence' in found:
            expected = np.round(255 / np.exp(logits - logits.max(0)).sum(0))
            self.confidence_sum += float(np.abs(found['confidence'] - expected).sum())

    @property
    def confidence_error(self) -> float:
        """Average difference of confidences, of 255."""
        return self.confidence_sum / max(1, self.pixels)

    def describe(self) -> str:
        """Tell it in a line."""
        text = f'{self.differing} of {self.pixels} labels differ'
        if self.gaps:
            text += f', where the two highest logits are up to {max(self.gaps):.2g} apart'
        return text

    def check(self, runtime: str, precision: str) -> None:
        """
        Refuse what differs by more than by rounding.

        :param runtime: its name
        :param precision: of the model, ``fp32`` or ``fp16``
        :raises ExportError: if it does
        """
        clear = sum(gap > TIES[precision] for gap in self.relative_gaps)
        limits = (
            ('a number of labels that differ', clear, math.ceil(SHARES[precision] * self.pixels)),
            ('an average error of confidences', self.confidence_error, CONFIDENCES[precision]),
            ('an average error of logits', self.logits_error, LOGITS[precision]),
        )
        for name, value, limit in limits:
            if not value <= limit:  # nor is nan
                raise ExportError(
                    f'expected {runtime} to compute what PyTorch does, with {name} of at most'
                    f' {limit:g} on {self.pixels} pixels, found {value:g}; report it'
                )
