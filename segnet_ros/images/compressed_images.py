"""
Decode compressed image messages to NumPy arrays.

Source: sensor_msgs/msg/CompressedImage.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.file_header import FileHeader
from segnet_ros.images.file_header import read_file_header
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.image_error import shorten
from segnet_ros.images.messages import CompressedImage

MOST_PIXELS = 100_000_000
"""Larger images are refused before they take memory."""


def compressed_to_rgb(message: CompressedImage) -> NDArray[np.uint8]:
    """
    Decode a JPEG or PNG of any depth and number of channels as an RGB array.

    The bytes tell which of the two it is; ``format`` is not read, since publishers write all kinds
    of things there. Gray is repeated, alpha is left out, samples of 16 bits become 8 bits by their
    high byte. An orientation in the file is ignored: it would turn the image away from its
    ``camera_info``. Damage inside of a JPEG that is complete shows in the image.

    :return: uint8 array (H, W, 3) in RGB order, values 0 to 255, sharing no memory
    :raises ImageError: if the data do not decode, are cut off, or give over ``MOST_PIXELS``
    """
    data = bytes(message.data)
    _check_header(read_file_header(data), len(data))
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if pixels is None:
            raise _refuse(f'{len(data)} bytes that do not decode')
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    except cv2.error as error:
        raise _refuse(f'an error of OpenCV ({shorten(str(error))!r})') from error


def _refuse(found: str) -> ImageError:
    return ImageError(
        'bad_data', f'expected a complete JPEG or PNG, found {found}; correct the publisher'
    )


def _check_header(header: FileHeader | None, size: int) -> None:
    """
    Make sure that an image is worth decoding.

    :param size: of the file, in bytes
    :raises ImageError: if it is not
    """
    if header is None:
        raise _refuse(f'{size} bytes without the header of one')
    height, width, is_complete = header
    if height == 0 or width == 0:
        raise ImageError(
            'empty',
            f'expected an image of at least 1x1 pixels, found {width}x{height}; '
            'check the camera driver',
        )
    if height * width > MOST_PIXELS:
        raise ImageError(
            'too_large',
            f'expected up to {MOST_PIXELS} pixels, found {width}x{height}; '
            'set the camera driver to a smaller size',
        )
    if not is_complete:  # OpenCV 4.5.4 fills up a JPEG that is cut off
        raise _refuse(f'{size} bytes of one that is cut off')
