"""
Encodings that are read with cv_bridge: 16-bit colors and mosaics, and OpenCV's other types.

cv_bridge is imported when the first such image arrives; many installations lack it, or have one
that was built for another NumPy. It is handed a copy of its rows without padding and in the byte
order of this machine: of other rows it makes a sheared image where ``step`` is no multiple of the
pixel, and an exception where NumPy is 2 and the byte order another.
"""

from __future__ import annotations

import array as byte_array
from collections.abc import Callable
import re
import sys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.encodings import Encoding
from sensor_msgs.msg import Image

_OPENCV_TYPE = re.compile(r'\d+[USF](C\d+)?')
"""Names such as 16UC1, which cv_bridge converts to no color."""
_TO_RGB = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
"""Conversion code of OpenCV by number of channels, for OpenCV's types."""


def find_encoding(name: str) -> Encoding:
    """
    Describe an encoding that is not in ``ENCODINGS``.

    Samples of 16 bits become 8 bits by their high byte, as those of mono16. Floats are read as
    OpenCV shows them, 0 black and 1 white; anything else, such as a depth in meters, is refused.

    :return: as in ``ENCODINGS``; its ``read`` raises ValueError for floats out of range, and
        whatever cv_bridge raises
    :raises ImportError: if cv_bridge is not installed, or not for this NumPy
    :raises ValueError: if its images cannot be those of a camera
    :raises Exception: another one, of cv_bridge, if it does not know the encoding
    """
    from cv_bridge import CvBridge

    bridge = CvBridge()
    dtype_name, channels = bridge.encoding_to_dtype_with_channels(name)
    is_opencv_type = _OPENCV_TYPE.fullmatch(name) is not None
    if dtype_name not in _TO_8_BITS or (is_opencv_type and channels not in _TO_RGB):
        raise ValueError(
            f'expected 1, 3 or 4 channels of {", ".join(_TO_8_BITS)}, '
            f'found {channels} of {dtype_name}'
        )
    dtype = np.dtype(dtype_name)

    def read(message: Image) -> NDArray[np.uint8]:
        tidy = _tidy(message, dtype, channels)
        pixels = bridge.imgmsg_to_cv2(tidy, 'passthrough' if is_opencv_type else 'rgb16')
        pixels = _TO_8_BITS[dtype_name](pixels)
        if is_opencv_type:
            pixels = cv2.cvtColor(pixels, _TO_RGB[channels])
        return np.ascontiguousarray(pixels, dtype=np.uint8)

    return Encoding(dtype.itemsize * channels, read)


def _tidy(message: Image, dtype: np.dtype[Any], channels: int) -> Image:
    """Copy an image to rows without padding, in the byte order of this machine."""
    row = message.width * channels
    rows: NDArray[Any] = np.ndarray(
        (message.height, row),
        dtype.newbyteorder('>') if message.is_bigendian else dtype.newbyteorder('<'),
        buffer=message.data,
        strides=(message.step, dtype.itemsize),
    )
    tidy = Image(height=message.height, width=message.width, encoding=message.encoding)
    tidy.is_bigendian = int(sys.byteorder == 'big')
    tidy.step = row * dtype.itemsize
    tidy.data = byte_array.array('B', rows.astype(dtype).tobytes())
    return tidy


def _take_high_bytes(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(pixels >> 8, dtype=np.uint8)


def _scale_floats(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    lowest, highest = pixels.min(), pixels.max()
    if not (lowest >= 0 and highest <= 1):  # a NaN is not, either
        raise ValueError(f'expected samples from 0 to 1, found {lowest:g} to {highest:g}')
    return np.asarray(np.rint(pixels * 255), dtype=np.uint8)


_TO_8_BITS: dict[str, Callable[[NDArray[Any]], NDArray[np.uint8]]] = {
    'uint16': _take_high_bytes,
    'float32': _scale_floats,
    'float64': _scale_floats,
}
"""How pixels become 8 bits deep, by name of their dtype."""
