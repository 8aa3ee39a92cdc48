"""
Encode outputs as PNG and JPEG.

The PNG of a label image gives back every class id; a JPEG would change them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def encode_png(array: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """
    Encode an array as PNG, without loss.

    :param array: uint8 (H, W), or (H, W, 3) in RGB order, with any strides
    :param level: 0 (fast) to 9 (small)
    :return: the bytes of the file
    :raises ValueError: if it is another array, or one that PNG cannot hold
    """
    return _encode('.png', array, cv2.IMWRITE_PNG_COMPRESSION, level)


def encode_jpeg(array: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """
    Encode a color array as JPEG; not for class ids, which it would change.

    :param array: uint8 (H, W, 3) in RGB order, with any strides
    :param quality: 1 (small) to 100 (good)
    :return: the bytes of the file
    :raises ValueError: if it is another array, or one that JPEG cannot hold
    """
    if array.ndim != 3:
        raise ValueError(
            f'expected an array (H, W, 3) for a JPEG, found {array.shape}; write it as PNG'
        )
    return _encode('.jpg', array, cv2.IMWRITE_JPEG_QUALITY, quality)


def name_png_format(array: NDArray[np.uint8]) -> str:
    """
    Name what a message with the PNG of an array has as its ``format``.

    Source: sensor_msgs/msg/CompressedImage, and what the subscriber of compressed_image_transport
    makes of it: the image gets the encoding before the semicolon, and only where ``compressed
    bgr`` follows are colors, which OpenCV decodes as BGR, turned into that order.
    """
    return 'mono8; png compressed ' if array.ndim == 2 else 'rgb8; png compressed bgr8'


JPEG_FORMAT = 'rgb8; jpeg compressed bgr8'
"""The same for a JPEG."""


def _encode(suffix: str, array: NDArray[np.uint8], setting: int, value: int) -> NDArray[np.uint8]:
    """Encode an array in gray or RGB."""
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
    return np.asarray(encoded, dtype=np.uint8)
