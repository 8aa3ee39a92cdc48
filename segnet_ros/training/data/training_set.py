"""What an epoch consists of: augmented images and rendered scenes, each by its seed."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from typing import NamedTuple

import numpy as np
from segnet_ros.training.data.augmentation import Augmentation
from segnet_ros.training.data.dataset import RenderedScenes
from segnet_ros.training.data.dataset import Samples
import torch
from torch import Tensor
from torch.utils.data import Dataset

TRAINING_STREETS = 2**31
"""Rendered training scenes have seeds from here up, those of demo and evaluation below."""


class Draw(NamedTuple):
    """Which sample, and in which epoch: with the seed, all that randomness depends on."""

    epoch: int
    sample: int


class SeededSamples(Dataset[tuple[Tensor, Tensor]], ABC):
    """
    Samples that depend on (seed, epoch, index) alone, so that a resumed run continues exactly.

    Not on the process that makes one, nor on the samples before it.

    :ivar seed: of all randomness
    """

    seed: int

    @abstractmethod
    def __len__(self) -> int:
        """Count the samples of an epoch."""

    @abstractmethod
    def describe(self, draw: Draw) -> str:
        """Name a sample, for messages."""

    def derive_seed(self, draw: Draw) -> int:
        """Derive the seed of one sample."""
        return int(np.random.SeedSequence((self.seed, *draw)).generate_state(1)[0])


class TrainingSet(SeededSamples):
    """Augmented samples of a data set, with new rendered scenes in each epoch."""

    def __init__(
        self,
        labeled: Samples,
        scenes: int,
        size: tuple[int, int],
        seed: int,
        augmentation: str,
    ) -> None:
        """
        Combine labeled images and rendered scenes.

        :param labeled: images with labels; may be empty
        :param scenes: rendered scenes per epoch
        :param size: height and width of the samples
        :param seed: of all randomness
        :param augmentation: one of :data:`segnet_ros.training.data.augmentation.AUGMENTATIONS`
        """
        self.labeled = labeled
        self.scenes = RenderedScenes(scenes, size, TRAINING_STREETS)
        self.seed = seed
        self._augment = Augmentation(augmentation, size)

    def __len__(self) -> int:
        """Count the samples of an epoch."""
        return len(self.labeled) + len(self.scenes)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """
        Make one sample.

        :return: RGB image, uint8 (3, H, W), and label image, uint8 (H, W)
        """
        random_seed = self.derive_seed(draw)
        if draw.sample < len(self.labeled):
            image, label = self.labeled[draw.sample]
        else:
            image, label = self.scenes[random_seed]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(random_seed)
            return self._augment(torch.from_numpy(image).permute(2, 0, 1), torch.from_numpy(label))

    def describe(self, draw: Draw) -> str:
        """Name a sample: the image file, or the seed of the rendered scene."""
        if draw.sample < len(self.labeled):
            return self.labeled.pairs[draw.sample][0].name
        return f'scene {self.scenes.seed + self.derive_seed(draw)}'
