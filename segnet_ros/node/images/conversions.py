"""
Convert image messages to NumPy arrays and back, with what cv_bridge reads in addition.

Source: sensor_msgs/msg/Image, fields ``encoding``, ``step`` and ``data``.
"""

from __future__ import annotations

import array as byte_array

import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.encodings import ENCODINGS
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.image_error import LONGEST_EXPLANATION
from segnet_ros.images.image_error import shorten
from segnet_ros.images.messages import RawImage
from segnet_ros.images.raw_images import check_rows
from segnet_ros.images.raw_images import raw_to_rgb
from segnet_ros.images.received import Origin
from segnet_ros.node.images.cv_bridge_encodings import find_encoding
from sensor_msgs.msg import Image
from std_msgs.msg import Header


def image_to_rgb(message: RawImage) -> NDArray[np.uint8]:
    """
    Read an image message as an RGB array, as ``raw_to_rgb`` does, or with cv_bridge.

    :param message: image with an encoding of ``ENCODINGS``, or one that ``find_encoding`` finds
        with cv_bridge, and any ``step``
    :return: uint8 array (H, W, 3) in RGB order, values 0 to 255
    :raises ImageError: if size, encoding, step or length of the data do not fit together
    """
    return raw_to_rgb(message, _read_with_cv_bridge)


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


def _read_with_cv_bridge(message: RawImage) -> NDArray[np.uint8]:
    """
    Read an image whose encoding is not in ``ENCODINGS``.

    :raises ImageError: if cv_bridge is absent, fails or does not know the encoding either
    """
    try:
        encoding = find_encoding(message.encoding)
        check_rows(message, encoding)
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
