"""
Where the images of `segnet_image_source` come from: rendered scenes, video, folder or webcam.

Each supply is a generator that prepares one image per step; nothing here knows ROS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import itertools
from pathlib import Path
import re
from typing import Any
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes import render_scene

IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')
SCENE_SIZE = (360, 480)
STREET_LENGTH = 40.0
"""Meters driven before the rendered drive turns into the next street."""


class SupplyError(ValueError):
    """Raised when no image can be had; the text says expected, found and remedy."""


class SuppliedImage(NamedTuple):
    """One image and, where it is known, what is on it."""

    image: NDArray[np.uint8]
    """RGB, (H, W, 3)."""
    label: NDArray[np.uint8] | None
    """Class ids, (H, W), 255 = unlabeled; None unless the image was rendered."""


@dataclass(frozen=True)
class ImageSupply:
    """An opened source."""

    description: str
    """For people, such as 'video drive.mp4'."""
    images: Iterator[SuppliedImage]
    """Raises SupplyError where reading fails later on."""
    is_live: bool = False
    """Whether images that are not taken in time grow old, as from a webcam."""
    has_labels: bool = False


def open_supply(
    source: str,
    *,
    size: tuple[int, int] | None = None,
    rate: float = 10.0,
    loop: bool = True,
    seed: int = 0,
    speed: float = 8.0,
    scenes: int = 0,
) -> ImageSupply:
    """
    Find out what a source is, and open it.

    :param source: '' for rendered scenes, else path of a video, folder or image, or a webcam as
        its device path or number
    :param size: (height, width) to resize to; None keeps the source's own
    :param rate: images per second that will be taken, in hertz
    :param loop: whether videos and folders begin again at their end
    :param seed: first street of the rendered drive
    :param speed: meters per second of the rendered drive
    :param scenes: how many scenes to render before the first is given out, to be repeated then;
        0 renders a new one each time
    :return: the supply, its images not yet read
    :raises SupplyError: if there is nothing that can be read
    """
    if not source:
        images = render_drive(seed, speed / rate, size or SCENE_SIZE)
        if scenes:
            images = repeat_images(images, scenes)
        name = f'{scenes or "endless"} rendered scenes from seed {seed}'
        return ImageSupply(name, images, has_labels=True)
    path = Path(f'/dev/video{source}' if source.isdigit() else source).expanduser()
    if not path.exists():
        raise SupplyError(
            'expected a video, a folder of images or a webcam such as /dev/video0 as source, '
            f"found nothing at '{path}'; correct the path"
        )
    webcam = re.fullmatch(r'/dev/video(\d+)', str(path.resolve()))
    if webcam:
        images = read_webcam(int(webcam[1]), size, rate)
        return ImageSupply(f'webcam {path}', images, is_live=True)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        paths = list_images(path)
        return ImageSupply(f'{len(paths)} images of {path}', read_images(paths, size, loop))
    open_capture(str(path)).release()
    return ImageSupply(f'video {path}', read_video(str(path), size, loop))


def render_drive(seed: int, spacing: float, size: tuple[int, int]) -> Iterator[SuppliedImage]:
    """
    Drive through rendered streets without end, on to the next seed after each street.

    :param seed: seed of the first street
    :param spacing: meters from image to image
    :param size: (height, width) in pixels
    """
    index = 0
    while True:
        street, position = divmod(index * spacing, STREET_LENGTH)
        yield SuppliedImage(*render_scene(seed + int(street), position, size))
        index += 1


def repeat_images(images: Iterator[SuppliedImage], number: int) -> Iterator[SuppliedImage]:
    """Keep the first images in memory before giving out any, then repeat them without end."""
    yield from itertools.cycle(list(itertools.islice(images, number)))


def list_images(path: Path) -> list[Path]:
    """
    List the image files of a folder by name, or a single image file.

    :raises SupplyError: if the folder has none
    """
    if path.is_file():
        return [path]
    paths = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise SupplyError(
            f"expected images ({', '.join(IMAGE_SUFFIXES)}) in folder '{path}', found none; "
            'check the folder'
        )
    return paths


def read_images(
    paths: list[Path], size: tuple[int, int] | None, loop: bool
) -> Iterator[SuppliedImage]:
    """Read image files of any depth and number of channels, one after the other."""
    while True:
        for path in paths:
            data = np.fromfile(path, np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
            if image is None:
                raise SupplyError(
                    f"expected an image in '{path}', found {data.size} bytes that do not decode; "
                    'replace or remove the file'
                )
            yield supply_bgr(image, size)
        if not loop:
            return


def read_video(path: str, size: tuple[int, int] | None, loop: bool) -> Iterator[SuppliedImage]:
    """Read a video file; opened anew for each round, as not every format can be rewound."""
    while True:
        capture = open_capture(path)
        is_read, image = capture.read()
        if not is_read:
            raise SupplyError(
                f"expected images in video '{path}', found none that decode; convert the video"
            )
        while is_read:
            yield supply_bgr(image, size)
            is_read, image = capture.read()
        capture.release()
        if not loop:
            return


def read_webcam(number: int, size: tuple[int, int] | None, rate: float) -> Iterator[SuppliedImage]:
    """Read a webcam as long as it delivers; it is asked for size and rate, and may differ."""
    capture = open_capture(number)
    if size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[1])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[0])
    capture.set(cv2.CAP_PROP_FPS, rate)
    is_read, image = capture.read()
    while is_read:
        yield supply_bgr(image, size)
        is_read, image = capture.read()
    raise SupplyError(
        f'expected images from webcam /dev/video{number}, found that it delivers none; '
        'check the cable and that no other program uses it'
    )


def open_capture(source: str | int) -> cv2.VideoCapture:
    """
    Open a video file by path or a webcam by number.

    :raises SupplyError: if OpenCV cannot
    """
    capture = cv2.VideoCapture(source)
    if not capture.isOpened():
        name = f'/dev/video{source}' if isinstance(source, int) else source
        raise SupplyError(
            f"expected a video or webcam that OpenCV reads, found that it cannot open '{name}'; "
            'check format, permissions and that no other program uses it'
        )
    return capture


def supply_bgr(image: NDArray[Any], size: tuple[int, int] | None) -> SuppliedImage:
    """
    Turn what OpenCV decodes into a supplied image.

    :param image: uint8 (H, W, 3) in BGR order
    :param size: (height, width) to resize to, None keeps the size
    """
    if size is not None and image.shape[:2] != size:
        shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, size[::-1], interpolation=interpolation), np.uint8)
    return SuppliedImage(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8), None)
