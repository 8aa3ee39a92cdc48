"""Images and label images of a data set: found in folders, paired, and read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.image_files import DataError
from segnet_ros.core.image_files import IMAGE_SUFFIXES
from segnet_ros.core.image_files import list_folder
from segnet_ros.core.image_files import read_pixels
from segnet_ros.core.label_files import LabelDecoder

LABEL_SUFFIXES = ('.png',)


class Files(NamedTuple):
    """The files of one part of a data set, by what they lack."""

    images: Path
    """Folder of the images."""
    labels: Path
    """Folder of the label images."""
    pairs: list[tuple[Path, Path]]
    """Images with their label images, by name."""
    without_label: list[Path]
    without_image: list[Path]

    def describe_lack(self) -> str:
        """Name what is missing."""
        missing = self.without_label
        return f'no label for {missing[0].name}' if missing else 'no JPEG or PNG file'


def read_label(path: Path, decoder: LabelDecoder) -> NDArray[np.uint8]:
    """
    Read a label image: one channel of values, or the colors of the label set.

    A PNG with a color table counts by its colors. An alpha channel is ignored where it is opaque.

    :param path: PNG, 8 bits per channel
    :param decoder: of the label set
    :return: class ids and 255, uint8 (H, W)
    :raises DataError: if it cannot be read
    :raises UnknownLabelError: if a value or color is none of the label set
    """
    label = read_pixels(path, cv2.IMREAD_UNCHANGED)
    if label.dtype != np.uint8:
        raise DataError(
            f'{path}: expected values or colors of 8 bits, got {label.dtype}; convert the file'
        )
    if label.ndim == 3:
        if label.shape[2] == 4 and label[..., 3].min() < 255:
            raise DataError(
                f'{path}: expected an opaque label image, found transparent pixels; save it'
                ' without alpha'
            )
        label = cv2.cvtColor(label[..., :3], cv2.COLOR_BGR2RGB)
    return decoder.decode(label, path)


def list_files(root: Path, split: str) -> Files:
    """
    Pair images and label images by stem, without reading them.

    :param root: the data set
    :param split: such as ``train`` or ``val``
    :raises DataError: if there are no such folders
    """
    images, labels = _find_folders(root, split)
    image_paths = list_folder(images, IMAGE_SUFFIXES)
    label_paths = list_folder(labels, LABEL_SUFFIXES)
    label_by_stem = {path.stem: path for path in label_paths}
    stems = {path.stem for path in image_paths}
    return Files(
        images,
        labels,
        pairs=[(p, label_by_stem[p.stem]) for p in image_paths if p.stem in label_by_stem],
        without_label=[path for path in image_paths if path.stem not in label_by_stem],
        without_image=[path for path in label_paths if path.stem not in stems],
    )


def _find_folders(root: Path, split: str) -> tuple[Path, Path]:
    layouts = (
        (root / split, root / f'{split}annot'),
        (root / 'images' / split, root / 'labels' / split),
    )
    for images, labels in layouts:
        if images.is_dir() and labels.is_dir():
            return images, labels
    raise DataError(
        f"{root}: expected the folders '{split}' and '{split}annot', or 'images/{split}' and"
        f" 'labels/{split}'; arrange the data set so, or correct the path or the split"
    )
