"""Write outputs into compressed image messages, as PNG and JPEG."""

from __future__ import annotations

import array as byte_array

import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.compression import encode_jpeg
from segnet_ros.images.compression import encode_png
from segnet_ros.images.compression import JPEG_FORMAT
from segnet_ros.images.compression import name_png_format
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header


def fill_png(
    message: CompressedImage, array: NDArray[np.uint8], header: Header, level: int
) -> None:
    """
    Write an array into a message as PNG, without loss.

    :param message: message to fill, best the same one for every image of a topic
    :param array: uint8 (H, W), or (H, W, 3) in RGB order, with any strides
    :param header: assigned as it is, not copied
    :param level: 0 (fast) to 9 (small)
    :raises ValueError: if it is another array, or one that PNG cannot hold
    """
    _fill(message, encode_png(array, level), name_png_format(array), header)


def fill_jpeg(
    message: CompressedImage, array: NDArray[np.uint8], header: Header, quality: int
) -> None:
    """
    Write a color array into a message as JPEG; not for class ids, which it would change.

    :param message: message to fill, best the same one for every image of a topic
    :param array: uint8 (H, W, 3) in RGB order, with any strides
    :param header: assigned as it is, not copied
    :param quality: 1 (small) to 100 (good)
    :raises ValueError: if it is another array, or one that JPEG cannot hold
    """
    _fill(message, encode_jpeg(array, quality), JPEG_FORMAT, header)


def _fill(
    message: CompressedImage, file: NDArray[np.uint8], file_format: str, header: Header
) -> None:
    """Fill a message; an ``array.array`` is all that its setter takes without a look at bytes."""
    data = byte_array.array('B')
    data.frombytes(file.data)
    message.data = data
    message.format = file_format
    message.header = header
