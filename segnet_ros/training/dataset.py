"""Images and their labels: folders of files, and rendered scenes."""

from __future__ import annotations

from collections.abc import Sequence
import hashlib
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.label_files import LabelDecoder
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.scenes import render_scene

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')
LABEL_SUFFIXES = ('.png',)


class Sample(NamedTuple):
    """An image with its label image."""

    image: NDArray[np.uint8]
    """RGB, uint8 (H, W, 3)."""
    label: NDArray[np.uint8]
    """Class ids and 255 for unlabeled, uint8 (H, W)."""


class Samples(Protocol):
    """Anything with a length that gives a sample for an index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample: ...


class DataError(ValueError):
    """Raised when a data set is not what this package reads."""


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


class LabeledImages:
    """
    Image files with their label images.

    Images are JPEG or PNG, label images PNG: see :func:`read_label`.

    :ivar pairs: images with their label images
    """

    def __init__(self, pairs: Sequence[tuple[Path, Path]], label_set: LabelSet) -> None:
        """
        Take the paths; files are read when asked for.

        :param pairs: images with their label images
        :param label_set: what the values and colors of label images mean
        """
        self.pairs = list(pairs)
        self.label_set = label_set
        self.decoder = LabelDecoder(label_set)

    def select(self, start: str) -> LabeledImages:
        """
        Take the images whose names start alike, such as those of one drive.

        :raises DataError: if there are none
        """
        chosen = [pair for pair in self.pairs if pair[0].name.startswith(start)]
        if not chosen:
            raise DataError(
                f"expected images whose names start with '{start}', found none among"
                f' {len(self.pairs)}, from {self.pairs[0][0].name} to {self.pairs[-1][0].name};'
                ' correct the start of the names'
            )
        return LabeledImages(chosen, self.label_set)

    def hold_out(self, start: str) -> tuple[LabeledImages, LabeledImages]:
        """
        Set the images apart whose names start alike.

        :return: the others, and these
        :raises DataError: if there are none, or no others
        """
        held_out = self.select(start)
        kept = [pair for pair in self.pairs if pair not in held_out.pairs]
        if not kept:
            raise DataError(
                f"expected images to train on, found that the names of all start with '{start}';"
                ' hold out fewer'
            )
        return LabeledImages(kept, self.label_set), held_out

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one pair.

        :raises DataError: if a file cannot be read, or the sizes differ
        :raises UnknownLabelError: if a value or color is none of the label set
        """
        image_path, label_path = self.pairs[index]
        # Label images know no orientation tag, so that of the photograph must not count either.
        image = read_image(image_path, is_turned_upright=False)
        label = read_label(label_path, self.decoder)
        if image.shape[:2] != label.shape:
            raise DataError(
                f'{label_path}: expected the size of {image_path.name}, {image.shape[:2]}, got'
                f' {label.shape}; label images belong to images of the same size'
            )
        return Sample(image, label)


def open_labeled_images(root: Path, splits: Sequence[str], label_set: LabelSet) -> LabeledImages:
    """
    List the images of one or more parts of a data set.

    A part is ``DIR/NAME`` with ``DIR/NAMEannot``, as CamVid comes with SegNet, or
    ``DIR/images/NAME`` with ``DIR/labels/NAME``, paired by stem.

    :param root: the data set
    :param splits: the parts, such as ``train`` and ``val``
    :param label_set: what the values and colors of label images mean
    :raises DataError: if folders are missing or empty, or an image lacks its label
    """
    pairs = []
    for split in splits:
        files = list_files(Path(root), split)
        if not files.pairs or files.without_label:
            raise DataError(
                f'{files.images}: expected images with label images of the same stem in'
                f' {files.labels}, found {files.describe_lack()}; complete the data set'
            )
        pairs += files.pairs
    return LabeledImages(pairs, label_set)


class RenderedScenes:
    """Rendered street scenes, a new street for each index."""

    def __init__(self, count: int, size: tuple[int, int], seed: int = 0) -> None:
        self.count = count
        self.size = size
        self.seed = seed

    def __len__(self) -> int:
        """Count the scenes; there is no end to what could be rendered."""
        return self.count

    def __getitem__(self, index: int) -> Sample:
        """Render one scene; any index from 0 up works."""
        if index < 0:
            raise IndexError(index)
        image, label = render_scene(self.seed + index, size=self.size)
        return Sample(image, label)


def describe_images(samples: Samples | Sequence[Sample]) -> str:
    """
    Tell data sets apart by number and names of their images.

    :param samples: labeled images, or nothing
    """
    return describe_names([image.name for image, _ in getattr(samples, 'pairs', [])])


def describe_names(names: Sequence[str]) -> str:
    """Put any number of names into one short text: how many, and the start of a digest."""
    digest = hashlib.sha256('/'.join(names).encode()).hexdigest()
    return f'{len(names)} {digest[:12]}'


def read_image(path: Path, is_turned_upright: bool = True) -> NDArray[np.uint8]:
    """
    Read an image file.

    :param path: JPEG or PNG
    :param is_turned_upright: whether the orientation tag of a photograph counts
    :return: RGB, uint8 (H, W, 3)
    :raises DataError: if it cannot be read
    """
    flags = cv2.IMREAD_COLOR | (0 if is_turned_upright else cv2.IMREAD_IGNORE_ORIENTATION)
    return np.asarray(cv2.cvtColor(_read(path, flags), cv2.COLOR_BGR2RGB), np.uint8)


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
    label = _read(path, cv2.IMREAD_UNCHANGED)
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


def list_folder(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """
    List the files of a folder with one of the suffixes, sorted.

    :param suffixes: such as :data:`IMAGE_SUFFIXES`, in small letters
    """
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


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


def _read(path: Path, flags: int) -> NDArray[Any]:
    # Through NumPy, because cv2.imread prints to stderr and hides why a file cannot be read.
    try:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), flags) if path.stat().st_size else None
    except cv2.error:  # more pixels than OpenCV takes
        pixels = None
    if pixels is None:
        raise DataError(f'{path}: expected a JPEG or PNG file, could not read it; replace it')
    return pixels
