"""Image files: found in folders, and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')
JPEG_START, JPEG_END = b'\xff\xd8', b'\xff\xd9'


class DataError(ValueError):
    """Raised when a data set is not what this package reads."""


def read_image(path: Path, is_turned_upright: bool = True) -> NDArray[np.uint8]:
    """
    Read an image file.

    :param path: JPEG or PNG
    :param is_turned_upright: whether the orientation tag of a photograph counts
    :return: RGB, uint8 (H, W, 3)
    :raises DataError: if it cannot be read
    """
    flags = cv2.IMREAD_COLOR | (0 if is_turned_upright else cv2.IMREAD_IGNORE_ORIENTATION)
    return np.asarray(cv2.cvtColor(read_pixels(path, flags), cv2.COLOR_BGR2RGB), np.uint8)


def list_folder(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """
    List the files of a folder with one of the suffixes, sorted.

    :param suffixes: such as :data:`IMAGE_SUFFIXES`, in small letters
    """
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def read_pixels(path: Path, flags: int) -> NDArray[Any]:
    """
    Read an image file as OpenCV does.

    :param path: JPEG or PNG
    :param flags: of ``cv2.imdecode``
    :return: channels in the order of OpenCV
    :raises DataError: if it cannot be read
    """
    # Not by cv2.imread, which prints to stderr and hides why a file cannot be read.
    content = path.read_bytes()
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    except cv2.error:  # more pixels than OpenCV takes
        pixels = None
    # OpenCV before 5 makes up what is missing of a JPEG file that was cut off.
    if pixels is None or (content.startswith(JPEG_START) and JPEG_END not in content[-1024:]):
        raise DataError(f'{path}: expected a JPEG or PNG file, could not read it; replace it')
    return pixels
