"""A data set kept decoded in memory, one copy for all loading processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import shutil

import numpy as np
from segnet_ros.training.data.dataset import LabeledImages
from segnet_ros.training.data.dataset import Sample
import torch
from torch import Tensor
from tqdm import tqdm

SHARED_MEMORY = Path('/dev/shm')
CONTROL_GROUP = Path('/sys/fs/cgroup')
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
        return len(self._shapes)

    def __getitem__(self, index: int) -> Sample:
        """Copy one image and its label image."""
        pixels = self._view(index).numpy()
        return Sample(pixels[..., :3].copy(), pixels[..., 3].copy())

    def _view(self, index: int) -> Tensor:
        start, end = self._starts[index : index + 2]
        view: Tensor = self._block[start:end].view(*self._shapes[index], CHANNELS)
        return view


def cache_images(
    images: LabeledImages, limit: float, is_shown: bool = True
) -> LabeledImages | CachedImages:
    """
    Read a data set, and keep it if it fits; otherwise its files will be read again.

    :param images: the data set
    :param limit: bytes that it may take, such as of :func:`find_room`
    :param is_shown: whether there is a progress bar
    :raises ValueError: if a file cannot be used, which is better found now than after hours
    """
    samples: list[Sample] = []
    size = 0
    indices = range(len(images))
    for index in tqdm(indices, 'read images', unit='image', leave=False, disable=not is_shown):
        sample = images[index]
        size += sample.label.size * CHANNELS
        if size > limit:
            samples.clear()
        else:
            samples.append(sample)
    return CachedImages(images.pairs, samples) if size <= limit else images


def find_room(ranks: int) -> float:
    """
    Tell how many bytes a cache may take.

    :param ranks: processes of this machine with a cache each
    """
    rooms = [_read_available(), *_read_room_of_container()]
    # In a container often small, and to write more than there is ends the process.
    rooms.append(shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else 0)
    return SHARE * min(rooms) / ranks


def _read_available() -> int:
    """Read what Linux would give to a new program, caches of files included."""
    with open('/proc/meminfo', encoding='ascii') as file:
        lines = dict(line.split(':') for line in file)
    return int(lines['MemAvailable'].split()[0]) * 1024


def _read_room_of_container() -> list[int]:
    """Read what the control group leaves, if it has a limit."""
    try:
        limit = (CONTROL_GROUP / 'memory.max').read_text().strip()
        used = (CONTROL_GROUP / 'memory.current').read_text()
    except OSError:
        return []
    return [] if limit == 'max' else [max(0, int(limit) - int(used))]
