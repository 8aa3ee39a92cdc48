"""Joint augmentation of image and label, and the loader of augmented samples."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Iterator
import os
import signal
from typing import NamedTuple

import cv2
import numpy as np
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.dataset import Samples
from segnet_ros.training.distributed import World
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows
from torch.utils.data import DataLoader
from torch.utils.data import Dataset
from torch.utils.data import Sampler
from torchvision import tv_tensors
from torchvision.transforms import v2

TRAINING_STREETS = 2**31
"""Rendered training scenes have seeds from here up, those of demo and evaluation below."""
AUGMENTATIONS = ('flip-and-light', 'none')


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
        augmentation: str = 'flip-and-light',
    ) -> None:
        """
        Combine labeled images and rendered scenes.

        :param labeled: images with labels; may be empty
        :param scenes: rendered scenes per epoch
        :param size: height and width of the samples
        :param seed: of all randomness
        :param augmentation: one of :data:`AUGMENTATIONS`
        """
        self.labeled = labeled
        self.scenes = RenderedScenes(scenes, size, TRAINING_STREETS)
        self.seed = seed
        self._size = size
        self._augment = make_augmentation(augmentation)

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
        # Resized first: the changes of light then cost less.
        images, labels = resize(
            torch.from_numpy(image).permute(2, 0, 1)[None],
            torch.from_numpy(label)[None],
            self._size,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(random_seed)
            augmented: tuple[Tensor, Tensor] = self._augment(
                tv_tensors.Image(images[0]), tv_tensors.Mask(labels[0])
            )
        return augmented[0].as_subclass(Tensor), augmented[1].as_subclass(Tensor)

    def describe(self, draw: Draw) -> str:
        """Name a sample: the image file, or the seed of the rendered scene."""
        if draw.sample < len(self.labeled):
            return self.labeled.pairs[draw.sample][0].name
        return f'scene {self.scenes.seed + self.derive_seed(draw)}'


def make_augmentation(name: str) -> v2.Transform:
    """
    Flip, and change the light; whole images, because SegNet learns from what is where.

    :param name: one of :data:`AUGMENTATIONS`; none is what the paper does
    """
    if name == 'none':
        return v2.Identity()
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
        ]
    )


def resize(image: Tensor, label: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """
    Resize images and label images alike; labels are never interpolated.

    Not torchvision's transform of both, which takes the upper left neighbor for labels and so
    moves them by up to half a pixel against the image.

    :param image: uint8 (N, 3, H, W)
    :param label: uint8 (N, H, W)
    :param size: height and width wanted
    """
    if image.shape[2:] == size:
        return image, label
    image = v2.functional.resize(image, list(size), antialias=True)
    label = F.interpolate(label[:, None], size, mode='nearest-exact')[:, 0]
    return image, label


class EpochSampler(Sampler[Draw]):
    """Shuffle an epoch by (seed, epoch), and deal each of its batches to the ranks."""

    def __init__(
        self, samples: SeededSamples, epoch: int, batch_size: int, world: World, start: int = 0
    ) -> None:
        """
        Shuffle; an incomplete last batch is left out.

        :param samples: what to draw from
        :param epoch: counts from 0
        :param batch_size: samples in a batch, of all ranks together
        :param world: whose batches these are
        :param start: first batch, above 0 when a run resumes within an epoch
        """
        order = np.random.default_rng((samples.seed, epoch)).permutation(len(samples))
        batches = order[: len(order) // batch_size * batch_size].reshape(-1, batch_size)
        own = batches[start:, world.rank :: world.size]
        self.draws = [Draw(epoch, int(index)) for index in own.ravel()]

    def __len__(self) -> int:
        """Count the samples that are left of the epoch."""
        return len(self.draws)

    def __iter__(self) -> Iterator[Draw]:
        """Go through them."""
        return iter(self.draws)


def load_batches(
    samples: SeededSamples, sampler: EpochSampler, batch_size: int, workers: int, pin: bool = False
) -> DataLoader[tuple[Tensor, Tensor]]:
    """
    Load the batches of an epoch, or of what is left of it.

    :param samples: what to draw from
    :param sampler: which samples, in which order
    :param batch_size: samples of this rank in a batch
    :param workers: processes that prepare samples; 0 for none
    :param pin: whether into memory from which GPUs copy faster
    """
    return DataLoader(
        samples,
        batch_size=batch_size,
        sampler=sampler,
        num_workers=workers,
        pin_memory=pin,
        worker_init_fn=prepare_worker,
    )


def prepare_worker(_: int) -> None:
    """Make a loading process use one thread, and end when the main one says so."""
    # One of several; OpenCV would start a thread per core in each.
    cv2.setNumThreads(0)
    # Ctrl-C signals all processes of a terminal's group. The main one finishes its batch, saves,
    # and ends this one by SIGTERM, which must work as in any process.
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
