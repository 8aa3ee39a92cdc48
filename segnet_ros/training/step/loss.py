"""
Cross entropy with median-frequency class weights.

Source: SegNet (TPAMI 2017), section 3.2, with the frequencies of Eigen and Fergus 2015: a class's
frequency is its share of the pixels of those images in which it occurs. Unlabeled has a frequency
too, as in the weights of the authors' released ``segnet_train.prototxt``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import UNLABELED
from segnet_ros.training.data.frequencies import ClassFrequencies
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

CLASS_WEIGHTS = ('median', 'sqrt-median', 'none')
"""Median frequency balancing, its square root, or no balancing."""


def compute_median_frequency_weights(
    labels: Iterable[NDArray[np.uint8]], num_classes: int
) -> NDArray[np.float64]:
    """
    Weigh each class by the median frequency over its own.

    Unlabeled gets no weight, but where it occurs, its frequency takes part in the median. A class
    that never occurs weighs 1: nothing can be learned about it.

    :param labels: label images, uint8 (H, W), class ids and 255
    :param num_classes: without unlabeled
    :return: weights, (num_classes,)
    """
    frequencies = ClassFrequencies(num_classes)
    for label in labels:
        frequencies.add(label)
    return frequencies.weigh()


def count_labeled(label: Tensor) -> Tensor:
    """
    Count the labeled pixels.

    :param label: class ids and 255, uint8 or int64, any shape
    :return: scalar, int64
    """
    return torch.count_nonzero(label != UNLABELED)


def compute_loss(
    logits: Tensor, label: Tensor, class_weights: Tensor, labeled: Tensor | None = None
) -> Tensor:
    """
    Weighted cross entropy, averaged over the labeled pixels.

    Divided by the number of labeled pixels, as in the authors' Caffe, and not by the sum of their
    weights, as PyTorch's own mean would.

    :param logits: (N, num_classes, H, W)
    :param label: class ids and 255, uint8 or int64 (N, H, W)
    :param class_weights: float (num_classes,)
    :param labeled: what to divide by, where these images are a part of a batch; None for the
        labeled pixels of ``label``
    :return: scalar; 0 where nothing is labeled
    """
    total = F.cross_entropy(
        logits.float(), label.long(), class_weights, ignore_index=UNLABELED, reduction='sum'
    )
    return total / (count_labeled(label) if labeled is None else labeled).clamp(min=1)
