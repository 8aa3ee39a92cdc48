"""A data set kept decoded in memory, one copy for all loading processes."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import shutil

import numpy as np
from segnet_ros.training.dataset import LabeledImages
from segnet_ros.training.dataset import Sample
import torch
from torch import Tensor
from tqdm import tqdm

SHARED_MEMORY = Path('/dev/shm')
SHARE = 0.25
"""Of the free memory, what a cache may take; while it is made, it takes twice that."""
CHANNELS = 4
"""Bytes of a pixel: red, green, blue, class id."""


class CachedImages:
    """
    Decoded images and label images in one block of shared memory.

    Loading processes get the block, not a copy, whether they are forked or started anew.

    :ivar pairs: the files
    """

    def __init__(self, pairs: Sequence[tuple[Path, Path]], samples: Sequence[Sample]) -> None:
        """
        Copy the samples.

        :param pairs: their files
        :param samples: images with labels, which may differ in size
        """
        self.pairs = list(pairs)
        self._shapes = [sample.label.shape for sample in samples]
        ends = np.cumsum([sample.label.size * CHANNELS for sample in samples])
        self._starts = [0, *ends.tolist()]
        self._block = torch.empty(self._starts[-1], dtype=torch.uint8).share_memory_()
        for index, sample in enumerate(samples):
            self._view(index)[:] = torch.from_numpy(np.dstack(sample))

    def __len__(self) -> int:
        """Count the images."""
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:
        """Copy one image and its label image."""
        pixels = self._view(index).numpy()
        return Sample(pixels[..., :3].copy(), pixels[..., 3].copy())

    def _view(self, index: int) -> Tensor:
        start, end = self._starts[index : index + 2]
        view: Tensor = self._block[start:end].view(*self._shapes[index], CHANNELS)
        return view


def cache_images(images: LabeledImages, limit: float) -> LabeledImages | CachedImages:
    """
    Read a data set into memory if it fits; otherwise its files stay where they are.

    :param images: the data set
    :param limit: bytes that it may take, such as of :func:`find_room`
    :raises ValueError: if a file cannot be used
    """
    samples, size = [], 0
    for index in tqdm(range(len(images)), 'read images', unit='image', leave=False):
        sample = images[index]
        size += sample.label.size * CHANNELS
        if size > limit:
            return images
        samples.append(sample)
    return CachedImages(images.pairs, samples)


def find_room(ranks: int) -> float:
    """
    Tell how many bytes a cache may take; in a container, shared memory is often small.

    :param ranks: processes with a cache each
    """
    memory = os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    shared = shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else 0
    return SHARE * min(memory, shared) / ranks
