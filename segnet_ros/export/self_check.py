"""The check of a model before it is written: operators, and what runtimes make of images."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import ModelProto
from onnx.checker import ValidationError
from onnx.shape_inference import InferenceError
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.image_files import IMAGE_SUFFIXES
from segnet_ros.core.image_files import list_folder
from segnet_ros.core.image_files import read_image
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
from segnet_ros.export.agreement import Agreement
from segnet_ros.export.export_error import ExportError
from segnet_ros.export.exported_model import Export
from segnet_ros.export.operator_check import check_operators
from segnet_ros.export.runtimes import open_runtimes
from segnet_ros.export.runtimes import Run
from tqdm import tqdm

Image = NDArray[np.uint8]
"""RGB, (H, W, 3)."""
Outputs = dict[str, NDArray[Any]]
"""What a runtime made of an image, by name of the output."""
SCENES = 3
"""Rendered images to compare on, besides those that are given."""
BATCH = 2
"""Images at once, after the first one alone."""


def check_model(
    model: ModelProto, checkpoint: Checkpoint, export: Export, folder: Path | None
) -> dict[str, Agreement]:
    """
    Check that a model is valid, that runtimes take it, and that they compute what PyTorch does.

    :param model: of :func:`segnet_ros.export.exported_model.build_model`
    :param folder: of photographs to compare on; None for rendered scenes alone
    :return: by runtime, how far it agrees
    :raises ExportError: if anything is not as it should be
    :raises ValueError: if there is no image in the folder, or one that cannot be read
    """
    images = list_images(folder, export.image_size)
    data = model.SerializeToString()
    try:
        onnx.checker.check_model(data, full_check=True)
    except (ValidationError, InferenceError) as error:
        raise ExportError(f'expected a valid ONNX model, found: {error}; report it') from error
    check_operators(model)
    runs = open_runtimes(data)
    predictor = Predictor(checkpoint, 'cpu', 'fp32', export.input_size)
    agreements = compare(runs, predictor, images)
    for runtime, agreement in agreements.items():
        agreement.check(runtime, export.precision)
    return agreements


def compare(
    runs: dict[str, Run],
    predictor: Predictor,
    images: Sequence[Callable[[], Image]],
    batch: int = BATCH,
) -> dict[str, Agreement]:
    """
    Compare runtimes with PyTorch, on one image and then on several at once.

    :param runs: by name
    :param predictor: that computes in fp32
    :param images: read each image, all of them of the size that the runs take
    :param batch: images at once, but for the first
    :return: by name of the run
    """
    agreements = {name: Agreement() for name in runs}
    for image, found in run_on_images(runs, images, batch):
        expected = predictor.compute_logits(image).numpy()
        for name, outputs in found.items():
            agreements[name].add(outputs, expected)
    return agreements


def run_on_images(
    runs: dict[str, Run], images: Sequence[Callable[[], Image]], batch: int
) -> Iterator[tuple[Image, dict[str, Outputs]]]:
    """
    Let runtimes compute one image, and then several at once; parameters as in :func:`compare`.

    :return: each image, and what every run made of it
    """
    with tqdm(total=len(images), desc='check', unit='image', leave=False) as bar:
        for part in _split(images, batch):
            read = [read() for read in part]
            stacked = np.stack(read)
            made = {name: run(stacked) for name, run in runs.items()}
            for number, image in enumerate(read):
                yield (
                    image,
                    {
                        name: {output: array[number] for output, array in outputs.items()}
                        for name, outputs in made.items()
                    },
                )
            bar.update(len(part))


def list_images(folder: Path | None, size: tuple[int, int]) -> list[Callable[[], Image]]:
    """
    List rendered scenes, and what is in a folder; none is read before it is called.

    :param size: height and width that they will have
    :raises ValueError: if the folder has no image
    """
    scenes: list[Callable[[], Image]] = [partial(_render, seed, size) for seed in range(SCENES)]
    if folder is None:
        return scenes
    paths = list_folder(folder, IMAGE_SUFFIXES)
    if not paths:
        raise ValueError(f'no image in {folder}: expected {IMAGE_SUFFIXES}')
    return [*scenes, *(partial(read_resized, path, size) for path in paths)]


def _render(seed: int, size: tuple[int, int]) -> Image:
    return render_scene(seed, size=size).image


def read_resized(path: Path, size: tuple[int, int]) -> Image:
    """Read an image file, and give it another size where it has another."""
    image = read_image(path)
    if image.shape[:2] != size:
        image = np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return image


def _split(
    images: Sequence[Callable[[], Image]], batch: int
) -> Iterator[Sequence[Callable[[], Image]]]:
    """Take the first image alone, and the others so many at a time."""
    yield images[:1]
    for begin in range(1, len(images), batch):
        yield images[begin : begin + batch]
