"""How often each class occurs in a data set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import UNLABELED


class ClassFrequencies:
    """
    Counts over label images, of each class and, last, of unlabeled.

    :ivar pixels: of the class, int64 (num_classes + 1,)
    :ivar images: in which the class occurs, int64 (num_classes + 1,)
    :ivar image_pixels: all pixels of the images in which the class occurs, likewise
    """

    def __init__(self, num_classes: int) -> None:
        """
        Begin at zero.

        :param num_classes: without unlabeled
        """
        self.pixels = np.zeros(num_classes + 1, np.int64)
        self.images = np.zeros(num_classes + 1, np.int64)
        self.image_pixels = np.zeros(num_classes + 1, np.int64)

    def add(self, label: NDArray[np.uint8]) -> None:
        """
        Count one label image.

        :param label: class ids and 255, uint8 (H, W)
        """
        counts = np.bincount(label.ravel(), minlength=UNLABELED + 1)
        counts = np.append(counts[: len(self.pixels) - 1], counts[UNLABELED])
        self.pixels += counts
        self.images += counts > 0
        self.image_pixels += label.size * (counts > 0)

    @property
    def labeled_pixels(self) -> int:
        """Number of pixels that have a class."""
        return int(self.pixels[:-1].sum())

    def weigh(self) -> NDArray[np.float64]:
        """
        Divide the median frequency by that of each class.

        Unlabeled is no class and has no weight, but its frequency, where it occurs at all, takes
        part in the median: only so do the weights come out that the authors published.

        :return: weights, (num_classes,); 1 for a class that never occurs, as nothing can be
            learned about it
        """
        occurs = self.pixels > 0
        frequencies = self.pixels[occurs] / self.image_pixels[occurs]
        weights = np.ones(len(self.pixels))
        if occurs.any():
            weights[occurs] = np.median(frequencies) / frequencies
        return weights[:-1]
