"""
Encodings that are read with cv_bridge: 16-bit colors and mosaics, and OpenCV's other types.

cv_bridge is imported when the first such image arrives; many installations lack it, or have one
that was built for another NumPy. It is handed a copy of its rows without padding and in the byte
order of this machine: of other rows it makes a sheared image where ``step`` is no multiple of the
pixel, and an exception where NumPy is 2 and the byte order another. It is not asked for colors:
built for NumPy 1, its conversion ends the process where NumPy is 2.
"""

from __future__ import annotations

import array as byte_array
from collections.abc import Callable
import re
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.encodings import Encoding
from segnet_ros.images.encodings import ENCODINGS
from segnet_ros.images.messages import RawImage
from sensor_msgs.msg import Image

_LONGEST_NAME = 40
"""Characters; a name of a hundred thousand digits ends the process in cv_bridge's std::regex."""
_OPENCV_TYPE = re.compile(r'\d+[USF](?:C(\d+))?')
"""Names such as 16UC1, and the number in them; cv_bridge counts one channel in 16UC513."""


def find_encoding(name: str) -> Encoding:
    """
    Describe an encoding that is not in ``ENCODINGS``.

    Samples of 16 bits become 8 bits by their high byte, as those of mono16. Floats are read as
    OpenCV shows them, 0 black and 1 white; anything else, such as a depth in meters, is refused.
    What they then are, such as rgb8 or 8UC1, is in ``ENCODINGS``.

    :return: as in ``ENCODINGS``; its ``read`` raises ValueError for floats out of range, and
        whatever cv_bridge raises
    :raises ImportError: if cv_bridge is not installed, or not for this NumPy
    :raises ValueError: if its images cannot be those of a camera
    :raises Exception: another one, of cv_bridge, if it does not know the encoding
    """
    if len(name) > _LONGEST_NAME:
        raise ValueError(f'expected up to {_LONGEST_NAME} characters, found {len(name)}')
    from cv_bridge import CvBridge

    bridge = CvBridge()
    dtype_name, channels = bridge.encoding_to_dtype_with_channels(name)
    shallow_name = f'{name.removesuffix("16")}8'
    if opencv_type := _OPENCV_TYPE.fullmatch(name):
        channels = int(opencv_type[1] or 1)
        shallow_name = f'8UC{channels}'
    if dtype_name not in _TO_8_BITS or shallow_name not in ENCODINGS:
        raise ValueError(
            f'expected 1, 3 or 4 channels of {", ".join(_TO_8_BITS)}, '
            f'found {channels} of {dtype_name}'
        )
    dtype = np.dtype(dtype_name)
    shallow = ENCODINGS[shallow_name]

    def read(message: RawImage) -> NDArray[np.uint8]:
        tidy = _make_message(_view(message, dtype, channels).astype(dtype), name)
        pixels = _TO_8_BITS[dtype_name](bridge.imgmsg_to_cv2(tidy, 'passthrough'))
        return shallow.read(_make_message(pixels, shallow_name))

    return shallow._replace(pixel_bytes=dtype.itemsize * channels, read=read)


def _view(message: RawImage, dtype: np.dtype[Any], channels: int) -> NDArray[Any]:
    """View the samples without the padding, (H, W, channels), in the byte order of the message."""
    pixel_bytes = dtype.itemsize * channels
    view: NDArray[Any] = np.ndarray(
        (message.height, message.width, channels),
        dtype.newbyteorder('>' if message.is_bigendian else '<'),
        buffer=message.data,
        strides=(message.step, pixel_bytes, dtype.itemsize),
    )
    return view


def _make_message(pixels: NDArray[Any], encoding: str) -> Image:
    """Copy pixels, (H, W) or (H, W, channels), to rows without padding."""
    message = Image(height=pixels.shape[0], width=pixels.shape[1], encoding=encoding)
    message.is_bigendian = int(sys.byteorder == 'big')
    message.step = pixels[0].nbytes
    message.data = byte_array.array('B', pixels.tobytes())
    return message


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
