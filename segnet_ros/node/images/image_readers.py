"""Read images from files, videos and webcams, one after the other, as RGB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')


class SupplyError(ValueError):
    """Raised when no image can be had; the text says expected, found and remedy."""


class SuppliedImage(NamedTuple):
    """One image and, where it is known, what is on it."""

    image: NDArray[np.uint8]
    """RGB, (H, W, 3)."""
    label: NDArray[np.uint8] | None
    """Class ids, (H, W), 255 = unlabeled; None unless the image was rendered."""


def list_images(path: Path) -> list[Path]:
    """
    List the image files of a folder by name, or a single image file.

    :raises SupplyError: if the folder has none
    """
    if path.is_file():
        return [path]
    paths = sorted(
        entry
        for entry in path.iterdir()
        if entry.suffix.lower() in IMAGE_SUFFIXES and entry.is_file()
    )
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
            yield supply_bgr(read_image(path), size)
        if not loop:
            return


def read_image(path: Path) -> NDArray[Any]:
    """
    Read one image file.

    :return: BGR, uint8 (H, W, 3)
    :raises SupplyError: if it cannot be read
    """
    try:
        data = np.fromfile(path, np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
        found = f'{data.size} bytes that do not decode'
    except (OSError, cv2.error) as error:  # gone or locked, or too many pixels for OpenCV
        image, found = None, ' '.join(str(error).split())
    if image is None:
        raise SupplyError(
            f"expected an image in '{path}', found {found}; replace or remove the file"
        )
    return image


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
