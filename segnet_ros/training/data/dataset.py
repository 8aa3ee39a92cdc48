"""Images and their labels: folders of files, and rendered scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.image_files import DataError
from segnet_ros.core.image_files import read_image
from segnet_ros.core.label_files import LabelDecoder
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.data.image_files import list_files
from segnet_ros.training.data.image_files import read_label


class Sample(NamedTuple):
    """An image with its label image."""

    image: NDArray[np.uint8]
    """RGB, uint8 (H, W, 3)."""
    label: NDArray[np.uint8]
    """Class ids and 255 for unlabeled, uint8 (H, W)."""


class Samples(Protocol):
    """Anything with a length that gives a sample for an index."""

    @property
    def pairs(self) -> Sequence[tuple[Path, Path]]:
        """Images with their label images, as far as they are files."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample: ...


class LabeledImages:
    """
    Image files with their label images.

    Images are JPEG or PNG; label images PNG, see
    :func:`segnet_ros.training.data.image_files.read_label`.

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

        :param start: of their names
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

        :param start: of their names
        :return: the others, and these
        :raises DataError: if there are none, or no others
        """
        held_out = self.select(start)
        kept = [pair for pair in self.pairs if not pair[0].name.startswith(start)]
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
    for split in dict.fromkeys(splits):
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

    pairs: Sequence[tuple[Path, Path]] = ()

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
