"""Predictions averaged over flips and scales, to measure with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from segnet_ros.core.encoder import MIN_SIZE
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.predictor import Prediction
from segnet_ros.core.predictor import Predictor
import torch
from torch import Tensor


class AugmentedPredictor:
    """
    Segment each image in several variants, and average (test-time augmentation).

    The softmax of each variant, at the size of the image, counts the same.

    :ivar label_set: that of the predictor
    """

    def __init__(self, predictor: Predictor, flip: bool, scales: Sequence[float]) -> None:
        """
        Plan the variants.

        :param predictor: segments each of them
        :param flip: whether the mirror image of each scale counts, too
        :param scales: what the network's input size is multiplied by
        :raises ValueError: if there is no scale, or an input size falls below 32 x 32
        """
        if not scales:
            raise ValueError('expected at least one scale, got none; 1 leaves the size as it is')
        self.label_set = predictor.label_set
        self._predictor = predictor
        sizes = [_scale(predictor.input_size, scale) for scale in scales]
        self._variants = list(product(sizes, (False, True) if flip else (False,)))

    def predict(self, image: Image) -> Prediction:
        """
        Segment one image.

        :param image: RGB, uint8 (H, W, 3)
        :return: the label, at the size of the image
        """
        label = self.compute_probabilities(image).argmax(dim=0)
        return Prediction(label=label.to(torch.uint8).cpu().numpy())

    def compute_probabilities(self, image: Image) -> Tensor:
        """
        Average the softmax over all variants.

        :param image: RGB, uint8 (H, W, 3)
        :return: float32 (num_classes, H, W), sums to 1 over the classes
        """
        with torch.inference_mode():
            total = self._compute_softmax(image, *self._variants[0])
            for variant in self._variants[1:]:
                total += self._compute_softmax(image, *variant)
            return total / len(self._variants)

    def _compute_softmax(self, image: Image, size: tuple[int, int], is_mirrored: bool) -> Tensor:
        if is_mirrored:
            return self._compute_softmax(np.fliplr(image), size, False).flip(2)
        return self._predictor.compute_logits(image, size).softmax(dim=0)


def _scale(size: tuple[int, int], scale: float) -> tuple[int, int]:
    height, width = (round(scale * extent) for extent in size)
    if min(height, width) < MIN_SIZE:
        raise ValueError(
            f'expected scales that leave an input of at least {MIN_SIZE} x {MIN_SIZE}, got'
            f' {height} x {width} for {scale:g}; use a larger scale or input size'
        )
    return height, width
