"""
Encode outputs as PNG and JPEG.

The PNG of a label image gives back every class id; a JPEG would change them.

Source: sensor_msgs/msg/CompressedImage, field ``format``, and what the subscriber of
compressed_image_transport makes of it: the image gets the encoding before the semicolon, and only
where ``compressed bgr`` follows are colors, which OpenCV decodes as BGR, turned into that order.
"""

from __future__ import annotations

import array as byte_array

import cv2
import numpy as np
from numpy.typing import NDArray
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
    message.data = _encode('.png', array, cv2.IMWRITE_PNG_COMPRESSION, level)
    message.format = 'mono8; png compressed ' if array.ndim == 2 else 'rgb8; png compressed bgr8'
    message.header = header


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
    if array.ndim != 3:
        raise ValueError(
            f'expected an array (H, W, 3) for a JPEG, found {array.shape}; write it as PNG'
        )
    message.data = _encode('.jpg', array, cv2.IMWRITE_JPEG_QUALITY, quality)
    message.format = 'rgb8; jpeg compressed bgr8'
    message.header = header


def _encode(
    suffix: str, array: NDArray[np.uint8], setting: int, value: int
) -> byte_array.array[int]:
    """
    Encode an array in gray or RGB.

    :return: an ``array.array``, the only type that the setter of a message takes without looking
        at every byte
    """
    if array.dtype != np.uint8 or array.ndim < 2 or array.shape[2:] not in ((), (3,)):
        raise ValueError(
            f'expected a uint8 array (H, W) or (H, W, 3) to compress, found {array.dtype}'
            f' {array.shape}; convert it first'
        )
    try:
        pixels = array if array.ndim == 2 else cv2.cvtColor(array, cv2.COLOR_RGB2BGR)
        is_encoded, encoded = cv2.imencode(suffix, pixels, (setting, value))
    except cv2.error:
        is_encoded = False
    if not is_encoded:
        height, width = array.shape[:2]
        raise ValueError(
            f'expected an image that fits into a {suffix} file, found {width}x{height} pixels;'
            ' take another size'
        )
    data = byte_array.array('B')
    data.frombytes(encoded.data)
    return data
