"""Photographs in a folder per class, and the changed views of them that a classifier sees."""

from __future__ import annotations

from collections.abc import Sequence
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from segnet_ros.core.image_files import DataError
from segnet_ros.core.image_files import IMAGE_SUFFIXES
from segnet_ros.core.image_files import read_image
from segnet_ros.training.data.training_set import Draw
from segnet_ros.training.data.training_set import SeededSamples
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2

SMALLEST_CROP = 0.35
"""Share of the photograph's area; less of a small one shows little of its class."""


class Photograph(NamedTuple):
    """A file and the class of what it shows."""

    path: Path
    label: int


class PhotographFolder:
    """
    Photographs as ``DIR/CLASS/*.jpg`` or ``.png``, of any size and at any depth.

    :ivar classes: names of the folders, sorted; a label is a place among them
    """

    def __init__(self, root: Path) -> None:
        """
        List the files; they are read when asked for.

        :raises DataError: if there are fewer than two classes, or two photographs in each
        """
        folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
        if len(folders) < 2:
            raise DataError(
                f'{root}: expected at least two folders, one for each class, found'
                f' {len(folders)}; arrange the photographs as DIR/CLASS/*.jpg or .png'
            )
        self.classes = tuple(path.name for path in folders)
        self._paths = [_list_images(folder) for folder in folders]

    def split(self, share: float, seed: int) -> tuple[list[Photograph], list[Photograph]]:
        """
        Hold out photographs of each class.

        :param share: of each class, rounded, but at least one and never all
        :param seed: of the choice
        :return: those to train on, and those held out
        """
        kept, held_out = [], []
        for label, paths in enumerate(self._paths):
            count = min(max(1, round(share * len(paths))), len(paths) - 1)
            order = np.random.default_rng((seed, label)).permutation(len(paths))
            photographs = [Photograph(paths[index], label) for index in order]
            held_out += photographs[:count]
            kept += photographs[count:]
        return kept, held_out


class TrainingPhotographs(SeededSamples):
    """Photographs as a classifier is trained on them, a new crop and light in each epoch."""

    def __init__(
        self, photographs: Sequence[Photograph], size: tuple[int, int], seed: int
    ) -> None:
        self.photographs = photographs
        self.seed = seed
        self._augment = make_classifier_augmentation(size)

    def __len__(self) -> int:
        """Count the photographs."""
        return len(self.photographs)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """
        Make one sample.

        :return: RGB image, uint8 (3, H, W), and label, int64 ()
        """
        photograph = self.photographs[draw.sample]
        image = _read_tensor(photograph.path)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.derive_seed(draw))
            image = self._augment(image)
        return image, torch.tensor(photograph.label)

    def describe(self, draw: Draw) -> str:
        """Name a sample: folder and file."""
        path = self.photographs[draw.sample].path
        return f'{path.parent.name}/{path.name}'


class HeldOutPhotographs(Dataset[tuple[Tensor, Tensor]]):
    """Photographs as a classifier is measured on them: the middle, as large as it goes."""

    def __init__(self, photographs: Sequence[Photograph], size: tuple[int, int]) -> None:
        self.photographs = photographs
        self._size = size

    def __len__(self) -> int:
        """Count the photographs."""
        return len(self.photographs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """
        Read one photograph.

        :return: RGB image, uint8 (3, H, W), and label, int64 ()
        """
        photograph = self.photographs[index]
        image = crop_to_size(_read_tensor(photograph.path), self._size)
        return image, torch.tensor(photograph.label)


def make_classifier_augmentation(size: tuple[int, int]) -> v2.Compose:
    """
    Crop, flip, and change the light.

    :param size: height and width of the crops
    """
    return v2.Compose(
        [
            v2.RandomResizedCrop(size, scale=(SMALLEST_CROP, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3),
        ]
    )


def crop_to_size(image: Tensor, size: tuple[int, int]) -> Tensor:
    """
    Resize until the size just fits in, and cut out the middle.

    :param image: uint8 (3, H, W)
    :param size: height and width wanted
    """
    scale = max(wanted / found for wanted, found in zip(size, image.shape[1:], strict=True))
    resized = [
        max(wanted, round(scale * found))
        for wanted, found in zip(size, image.shape[1:], strict=True)
    ]
    image = v2.functional.resize(image, resized, antialias=True)
    cropped: Tensor = v2.functional.center_crop(image, list(size))
    return cropped


def describe_photographs(photographs: Sequence[Photograph]) -> str:
    """Tell sets apart by number and names: how many there are, and the start of a digest."""
    names = '/'.join(f'{label}/{path.name}' for path, label in photographs)
    return f'{len(photographs)} {hashlib.sha256(names.encode()).hexdigest()[:12]}'


def _list_images(folder: Path) -> list[Path]:
    # At any depth: Tiny ImageNet has a folder of images in that of each class.
    paths = sorted(path for path in folder.rglob('*') if path.suffix.lower() in IMAGE_SUFFIXES)
    if len(paths) < 2:
        raise DataError(
            f'{folder}: expected at least two photographs, one to train on and one to measure on,'
            f' found {len(paths)}; add some as .jpg or .png, or remove the folder'
        )
    return paths


def _read_tensor(path: Path) -> Tensor:
    return torch.from_numpy(read_image(path)).permute(2, 0, 1)
