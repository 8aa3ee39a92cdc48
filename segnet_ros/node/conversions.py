"""
Convert image messages to NumPy arrays and back.

Source: sensor_msgs/msg/Image, fields ``encoding``, ``step`` and ``data``.
"""

from __future__ import annotations

import array as byte_array
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Header


class Encoding(NamedTuple):
    """How the 8-bit samples of one encoding lie in a row, and how they become RGB."""

    channels: int
    """Bytes per pixel."""
    to_rgb: int | None
    """Color conversion code of OpenCV; None where the samples are RGB already."""


ENCODINGS = {
    'rgb8': Encoding(3, None),
    'bgr8': Encoding(3, cv2.COLOR_BGR2RGB),
    'rgba8': Encoding(4, cv2.COLOR_RGBA2RGB),
    'bgra8': Encoding(4, cv2.COLOR_BGRA2RGB),
    'mono8': Encoding(1, cv2.COLOR_GRAY2RGB),
}


LONGEST_SHOWN = 40
"""Characters; the longest encoding in use has 14."""


class ImageError(ValueError):
    """
    Raised when an image message cannot be read; the text says expected, found and remedy.

    :ivar reason: key to count by: 'bad_encoding', 'empty', 'bad_step' or 'short_data'
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def image_to_rgb(message: Image) -> NDArray[np.uint8]:
    """
    Read an image message as an RGB array.

    ``rgb8`` is not copied: the result shares memory with ``message.data`` and must not be written
    to; where rows are padded it is strided. Every other encoding gives a contiguous copy, ``bgr8``
    too, since PyTorch refuses the negative strides of a reversed view. Strides are never negative.

    :param message: image with an encoding of ``ENCODINGS`` and any ``step``
    :return: uint8 array (H, W, 3) in RGB order, values 0 to 255
    :raises ImageError: if size, encoding, step or length of the data do not fit together
    """
    encoding = _check_image(message)
    view: NDArray[np.uint8] = np.ndarray(
        (message.height, message.width, encoding.channels),
        np.uint8,
        buffer=message.data,
        strides=(message.step, encoding.channels, 1),
    )
    if encoding.to_rgb is None:
        return view
    return np.asarray(cv2.cvtColor(view, encoding.to_rgb), dtype=np.uint8)


def fill_image(message: Image, array: NDArray[np.uint8], encoding: str, header: Header) -> None:
    """
    Write an array into an image message, in rows without padding.

    The message's ``data`` is kept and overwritten if its length fits, else replaced by an
    ``array.array``: the only type its setter takes without looking at every byte.

    :param message: message to fill, best the same one for every image of a topic
    :param array: uint8 (H, W) or (H, W, C) with any strides, channels in the order of ``encoding``
    :param encoding: an encoding of ``ENCODINGS``
    :param header: assigned as it is, not copied
    :raises ValueError: if dtype or channels of the array do not fit the encoding
    """
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or channels != ENCODINGS[encoding].channels:
        raise ValueError(
            f'expected a uint8 array with {ENCODINGS[encoding].channels} channels for {encoding}, '
            f'found {array.dtype} {array.shape}; convert it first'
        )
    if not isinstance(message.data, byte_array.array) or len(message.data) != array.size:
        message.data = byte_array.array('B', bytes(array.size))
    np.frombuffer(message.data, np.uint8).reshape(array.shape)[...] = array
    message.header = header
    message.height, message.width = array.shape[:2]
    message.encoding = encoding
    message.is_bigendian = 0
    message.step = message.width * channels


def read_stamp(header: Header) -> int:
    """
    Read a stamp in nanoseconds.

    The message allows negative seconds, at which ``rclpy.time.Time`` raises.
    """
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def shorten(text: str) -> str:
    """Cut a text of a message, which has any length, to what is worth showing."""
    return text if len(text) <= LONGEST_SHOWN else f'{text[:LONGEST_SHOWN]}...'


def _check_image(message: Image) -> Encoding:
    """
    Find the encoding of a message and make sure that its rows can be read.

    :return: the entry of ``ENCODINGS``
    :raises ImageError: if they cannot
    """
    height, width, step = message.height, message.width, message.step
    if height == 0 or width == 0:
        raise ImageError(
            'empty',
            f'expected an image of at least 1x1 pixels, found {width}x{height}; '
            'check the camera driver',
        )
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ImageError(
            'bad_encoding',
            f'expected encoding {", ".join(ENCODINGS)}, '
            f'found {shorten(message.encoding)!r}; set the camera driver to one of these',
        )
    row = width * encoding.channels
    if step < row:
        raise ImageError(
            'bad_step',
            f'expected step of at least {row} bytes for {width} pixels of '
            f'{message.encoding}, found {step}; correct the publisher',
        )
    if len(message.data) < step * height:
        raise ImageError(
            'short_data',
            f'expected {step * height} bytes of data (step {step} x height '
            f'{height}), found {len(message.data)}; correct the publisher',
        )
    return encoding
