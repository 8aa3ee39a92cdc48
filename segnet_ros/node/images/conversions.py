"""
Convert image messages to NumPy arrays and back.

Source: sensor_msgs/msg/Image, fields ``encoding``, ``step`` and ``data``.
"""

from __future__ import annotations

import array as byte_array

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.images.cv_bridge_encodings import find_encoding
from segnet_ros.node.images.encodings import Encoding
from segnet_ros.node.images.encodings import ENCODINGS
from segnet_ros.node.images.image_error import ImageError
from segnet_ros.node.images.received import Origin
from segnet_ros.node.images.received import ReceivedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

LONGEST_SHOWN = 40
"""Characters; the longest encoding in use has 14."""
LONGEST_EXPLANATION = 120
"""Characters, of what an exception says."""


def image_to_rgb(message: ReceivedImage | Image) -> NDArray[np.uint8]:
    """
    Read an image message as an RGB array.

    ``rgb8`` is not copied: the result shares memory with ``message.data`` and must not be written
    to; where rows are padded it is strided. Every other encoding gives a contiguous copy, ``bgr8``
    too, since PyTorch refuses the negative strides of a reversed view. Strides are never negative.

    :param message: image with an encoding of ``ENCODINGS``, or one that ``find_encoding`` finds
        with cv_bridge, and any ``step``
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
        return _read_with_cv_bridge(message)
    _check_rows(message, encoding)
    try:
        return encoding.read(message)
    except cv2.error as error:  # out of memory; 1x1 pixels with some builds of 4.5.4
        raise ImageError(
            'bad_data',
            f'expected {message.encoding} that OpenCV can convert, found '
            f'{message.width}x{message.height} pixels; set the camera driver to another size '
            f'({shorten(str(error), LONGEST_EXPLANATION)!r})',
        ) from error


def fill_image(message: Image, array: NDArray[np.uint8], encoding: str, header: Header) -> None:
    """
    Write an array into an image message, in rows without padding.

    The message's ``data`` is kept and overwritten if its length fits, else replaced by an
    ``array.array``: the only type its setter takes without looking at every byte.

    :param message: message to fill, best the same one for every image of a topic
    :param array: uint8 (H, W) or (H, W, C) with any strides, channels in the order of ``encoding``
    :param encoding: one of ``ENCODINGS`` with 8-bit samples that lie pixel by pixel
    :param header: assigned as it is, not copied
    :raises ValueError: if dtype or channels of the array do not fit the encoding
    """
    channels = array.shape[2] if array.ndim == 3 else 1
    expected = ENCODINGS[encoding].pixel_bytes
    if array.dtype != np.uint8 or channels != expected:
        raise ValueError(
            f'expected a uint8 array with {expected} channels for {encoding}, '
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


def make_header(origin: Origin) -> Header:
    """Make the header that an image came with."""
    header = Header(frame_id=origin.frame_id)
    header.stamp.sec, header.stamp.nanosec = origin.sec, origin.nanosec
    return header


def read_stamp(header: Header) -> int:
    """
    Read a stamp in nanoseconds.

    The message allows negative seconds, at which ``rclpy.time.Time`` raises.
    """
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Cut a text of a message, which has any length, to what is worth showing."""
    return text if len(text) <= longest else f'{text[:longest]}...'


def _read_with_cv_bridge(message: ReceivedImage) -> NDArray[np.uint8]:
    """
    Read an image whose encoding is not in ``ENCODINGS``.

    :raises ImageError: if cv_bridge is absent, fails or does not know the encoding either
    """
    try:
        encoding = find_encoding(message.encoding)
        _check_rows(message, encoding)
        return encoding.read(message)
    except ImageError:
        raise
    except Exception as error:  # of any type, since cv_bridge is not ours
        remedy = ' or install cv_bridge' if isinstance(error, ImportError) else ''
        raise ImageError(
            'bad_encoding',
            f'expected encoding {", ".join(ENCODINGS)} or one that cv_bridge reads, '
            f'found {shorten(message.encoding)!r}; set the camera driver to one of these{remedy} '
            f'({shorten(str(error), LONGEST_EXPLANATION)!r})',
        ) from error


def _check_rows(message: ReceivedImage, encoding: Encoding) -> None:
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
