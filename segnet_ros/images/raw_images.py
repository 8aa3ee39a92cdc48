"""
Read image messages as NumPy arrays.

Source: sensor_msgs/msg/Image, fields ``encoding``, ``step`` and ``data``.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.encodings import Encoding
from segnet_ros.images.encodings import ENCODINGS
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.image_error import LONGEST_EXPLANATION
from segnet_ros.images.image_error import shorten
from segnet_ros.images.messages import RawImage


def raw_to_rgb(
    message: RawImage, read_other: Callable[[RawImage], NDArray[np.uint8]] | None = None
) -> NDArray[np.uint8]:
    """
    Read an image message as an RGB array.

    ``rgb8`` is not copied: the result shares memory with ``message.data`` and must not be written
    to; where rows are padded it is strided. Every other encoding gives a contiguous copy, ``bgr8``
    too, since PyTorch refuses the negative strides of a reversed view. Strides are never negative.

    :param message: image with an encoding of ``ENCODINGS``, and any ``step``
    :param read_other: reads those with another encoding; None refuses them
    :return: uint8 array (H, W, 3) in RGB order, values 0 to 255
    :raises ImageError: if size, encoding, step or length of the data do not fit together
    """
    if message.height == 0 or message.width == 0:
        raise ImageError(
            'empty',
            'expected an image of at least 1x1 pixels, found '
            f'{message.width}x{message.height}; check the camera driver',
        )
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        return (read_other or _refuse_encoding)(message)
    check_rows(message, encoding)
    try:
        return encoding.read(message)
    except cv2.error as error:  # out of memory; 1x1 pixels with some builds of 4.5.4
        raise ImageError(
            'bad_data',
            f'expected {message.encoding} that OpenCV can convert, found '
            f'{message.width}x{message.height} pixels; set the camera driver to another size '
            f'({shorten(str(error), LONGEST_EXPLANATION)!r})',
        ) from error


def check_rows(message: RawImage, encoding: Encoding) -> None:
    """
    Make sure that the rows of a message can be read.

    :raises ImageError: if they cannot
    """
    height, width, step = message.height, message.width, message.step
    name = shorten(message.encoding)
    by_height, by_width = encoding.multiple
    if min(height, width) < encoding.smallest or height % by_height or width % by_width:
        raise ImageError(
            'bad_size',
            f'expected {name} of at least {encoding.smallest}x{encoding.smallest} '
            f'pixels in multiples of {by_width}x{by_height}, found {width}x{height}; '
            'set the camera driver to another size or encoding',
        )
    row = width * encoding.pixel_bytes
    if step < row:
        raise ImageError(
            'bad_step',
            f'expected step of at least {row} bytes for {width} pixels of '
            f'{name}, found {step}; correct the publisher',
        )
    rows = int(height * encoding.rows)
    if len(message.data) < step * rows:
        raise ImageError(
            'short_data',
            f'expected {step * rows} bytes of data ({rows} rows of step {step}), '
            f'found {len(message.data)}; correct the publisher',
        )


def _refuse_encoding(message: RawImage) -> NDArray[np.uint8]:
    raise ImageError(
        'bad_encoding',
        f'expected encoding {", ".join(ENCODINGS)}, found {shorten(message.encoding)!r};'
        ' convert the images first',
    )
