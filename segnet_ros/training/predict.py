"""Segment images, folders and videos: ``segnet_predict``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.commands.command import add_checkpoint_options
from segnet_ros.commands.command import run_command
from segnet_ros.core.image_files import IMAGE_SUFFIXES
from segnet_ros.core.image_files import list_folder
from segnet_ros.core.image_files import read_image
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.predictor import Prediction
from segnet_ros.core.predictor import Predictor
from tqdm import tqdm

VIDEO_SUFFIXES = ('.avi', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.webm')


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input."""
    return run_command(_make_parser(), _predict, args)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_predict',
        description='Segment images, folders of images and videos. Images become'
        ' OUTPUT/STEM_label.png and so on, videos OUTPUT/STEM_overlay.mp4.',
    )
    parser.add_argument(
        'inputs', nargs='+', type=Path, metavar='INPUT', help='image, folder of images or video'
    )
    parser.add_argument(
        '--output', type=Path, required=True, metavar='DIR', help='where the results go'
    )
    parser.add_argument(
        '--outputs',
        nargs='+',
        choices=OUTPUTS,
        default=('label', 'overlay'),
        help='what to write of each image (label overlay)',
    )
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colors in overlays (%(default)s)'
    )
    add_checkpoint_options(parser)
    return parser


def _predict(options: argparse.Namespace) -> None:
    if not 0 <= options.opacity <= 1:
        raise ValueError(f'expected --opacity from 0 to 1, got {options.opacity}')
    images, videos = _sort_inputs(options.inputs)
    predictor = Predictor.from_checkpoint(options.checkpoint, options.device, options.precision)
    options.output.mkdir(parents=True, exist_ok=True)
    for path in tqdm(images, 'predict', unit='image', disable=not images):
        prediction = predictor.predict(read_image(path), options.outputs, options.opacity)
        _write_images(options.output / path.stem, prediction, options.outputs)
    for path in videos:
        _predict_video(predictor, path, options)


def _sort_inputs(inputs: list[Path]) -> tuple[list[Path], list[Path]]:
    """Tell images from videos, and look into folders, before any work is done."""
    images: list[Path] = []
    videos: list[Path] = []
    for path in inputs:
        if path.is_dir():
            images += _list_images(path)
        elif not path.is_file():
            raise FileNotFoundError(f"no input '{path}': expected an image, a folder or a video")
        elif path.suffix.lower() in IMAGE_SUFFIXES:
            images.append(path)
        elif path.suffix.lower() in VIDEO_SUFFIXES:
            videos.append(path)
        else:
            raise ValueError(
                f'{path}: expected an image {IMAGE_SUFFIXES} or a video {VIDEO_SUFFIXES}, found'
                f" '{path.suffix}'; convert it first"
            )
    stems = [path.stem for path in images + videos]
    repeated = sorted({stem for stem in stems if stems.count(stem) > 1})
    if repeated:
        raise ValueError(
            f'expected inputs of different names, found {repeated[0]!r} twice: their results'
            ' would overwrite each other; run them into different --output folders'
        )
    return images, videos


def _list_images(folder: Path) -> list[Path]:
    paths = list_folder(folder, IMAGE_SUFFIXES)
    if not paths:
        raise ValueError(f'no image in {folder}: expected {IMAGE_SUFFIXES}')
    return paths


def _write_images(stem: Path, prediction: Prediction, outputs: list[str]) -> None:
    for name in outputs:
        pixels: NDArray[Any] = getattr(prediction, name)
        if pixels.ndim == 3:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        _require(cv2.imwrite(f'{stem}_{name}.png', pixels), f'{stem}_{name}.png')


def _predict_video(predictor: Predictor, path: Path, options: argparse.Namespace) -> None:
    target = options.output / f'{path.stem}_overlay.mp4'
    writer: cv2.VideoWriter | None = None
    for image, rate in _read_video(path):
        overlay = predictor.predict(image, ('overlay',), options.opacity).overlay
        assert overlay is not None
        if writer is None:
            size = (image.shape[1], image.shape[0])
            writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*'mp4v'), rate, size)
            _require(writer.isOpened(), str(target))
        writer.write(cv2.cvtColor(overlay, cv2.COLOR_RGB2BGR))
    if writer is None:
        raise ValueError(f'{path}: expected a video, could not read an image of it; convert it')
    writer.release()


def _read_video(path: Path) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Read RGB images and the rate, behind a progress bar."""
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS) or 30.0
    count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))) or None
    with tqdm(total=count, desc=path.name, unit='image') as bar:
        while True:
            read, pixels = capture.read()
            if not read:
                break
            yield np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8), rate
            bar.update()
    capture.release()


def _require(written: bool, target: str) -> None:
    if not written:
        raise OSError(f'{target}: could not be written; check --output and the free space')


if __name__ == '__main__':
    sys.exit(main())
