"""
How the bytes of each image encoding become RGB: one table, and one function per layout.

Sources: sensor_msgs/image_encodings.hpp for the names (``yuv422`` and ``yuv422_yuy2`` are the old
ones of ``uyvy`` and ``yuyv``); Linux, Documentation/userspace-api/media/v4l, for the layouts of
YUV, which camera drivers such as camera_ros hand on as they are. A message does not tell which
YUV: as in OpenCV, it is that of BT.601 with Y from 16 to 235, which is what cameras send.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.messages import RawImage


class Encoding(NamedTuple):
    """How one encoding is read, and what must hold for a message before it is."""

    pixel_bytes: int
    """Bytes per pixel in a row."""
    read: Callable[[RawImage], NDArray[np.uint8]]
    """From a message for which the rest holds to RGB, uint8 (H, W, 3)."""
    rows: float = 1
    """Rows of ``step`` bytes per row of the image: more than 1 where planes follow each other."""
    multiple: tuple[int, int] = (1, 1)
    """What height and width are multiples of."""
    smallest: int = 1
    """Least height and least width."""


def _view(message: RawImage, pixel_bytes: int, rows: float = 1) -> NDArray[np.uint8]:
    """View the bytes without the padding, uint8 (H * rows, W, pixel_bytes)."""
    view: NDArray[np.uint8] = np.ndarray(
        (int(message.height * rows), message.width, pixel_bytes),
        np.uint8,
        buffer=message.data,
        strides=(message.step, pixel_bytes, 1),
    )
    return view


def _read_rgb8(message: RawImage) -> NDArray[np.uint8]:
    return _view(message, 3)


def _read_mono16(message: RawImage) -> NDArray[np.uint8]:
    """Take the high byte of each sample, so that brightness does not depend on the picture."""
    high_byte = 0 if message.is_bigendian else 1
    return _convert_color(_view(message, 2)[..., high_byte], cv2.COLOR_GRAY2RGB)


def _read_nv24(message: RawImage) -> NDArray[np.uint8]:
    """
    Read a plane of Y with rows of ``step`` bytes, then one of U and V with rows of twice that.

    Source: Linux, pixfmt-nv24.rst; OpenCV has no code for it.
    """
    height, width, step = message.height, message.width, message.step
    chroma: NDArray[np.uint8] = np.ndarray(
        (height, width, 2),
        np.uint8,
        buffer=message.data,
        offset=height * step,
        strides=(2 * step, 2, 1),
    )
    yuv = cv2.merge([_view(message, 1), *cv2.split(chroma)])
    return np.asarray(cv2.transform(yuv, _YUV_TO_RGB), dtype=np.uint8)


def _convert_color(samples: NDArray[np.uint8], code: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(samples, code), dtype=np.uint8)


def _by_code(
    pixel_bytes: int,
    code: int,
    *,
    rows: float = 1,
    multiple: tuple[int, int] = (1, 1),
    smallest: int = 1,
) -> Encoding:
    """
    Describe an encoding that OpenCV converts in one call.

    :param code: color conversion code of OpenCV
    """

    def read(message: RawImage) -> NDArray[np.uint8]:
        return _convert_color(_view(message, pixel_bytes, rows), code)

    return Encoding(pixel_bytes, read, rows, multiple, smallest)


_YUV_TO_RGB = np.array(
    [
        [1.164, 0.0, 1.596, -16 * 1.164 - 128 * 1.596],
        [1.164, -0.391, -0.813, -16 * 1.164 + 128 * (0.391 + 0.813)],
        [1.164, 2.018, 0.0, -16 * 1.164 - 128 * 2.018],
    ]
)
"""From (Y, U, V, 1) to (R, G, B), by BT.601 for Y from 16 to 235; OpenCV's numbers."""

# OpenCV 4.5.4 reads and writes past the end of a row of odd width where later ones raise.
_UYVY = _by_code(2, cv2.COLOR_YUV2RGB_UYVY, multiple=(1, 2))
_YUYV = _by_code(2, cv2.COLOR_YUV2RGB_YUY2, multiple=(1, 2))
# Y in rows of ``step`` bytes, then half as many rows of U and V by turns. Source: pixfmt-nv12.rst.
_semi_planar = partial(_by_code, 1, rows=1.5, multiple=(2, 2))
# Below 3x3 pixels OpenCV returns black.
_bayer = partial(_by_code, 1, smallest=3)

ENCODINGS = {
    'rgb8': Encoding(3, _read_rgb8),
    'bgr8': _by_code(3, cv2.COLOR_BGR2RGB),
    'rgba8': _by_code(4, cv2.COLOR_RGBA2RGB),
    'bgra8': _by_code(4, cv2.COLOR_BGRA2RGB),
    'mono8': _by_code(1, cv2.COLOR_GRAY2RGB),
    'mono16': Encoding(2, _read_mono16),
    # OpenCV's types name no colors; by its convention they are gray, BGR and BGRA.
    '8UC1': _by_code(1, cv2.COLOR_GRAY2RGB),
    '8UC3': _by_code(3, cv2.COLOR_BGR2RGB),
    '8UC4': _by_code(4, cv2.COLOR_BGRA2RGB),
    # ROS names a mosaic by its first two rows; OpenCV by the second and third pixel of the second
    # row. The newer names of OpenCV, like those of ROS, are not in 4.5.4.
    'bayer_rggb8': _bayer(cv2.COLOR_BayerBG2RGB),
    'bayer_bggr8': _bayer(cv2.COLOR_BayerRG2RGB),
    'bayer_gbrg8': _bayer(cv2.COLOR_BayerGR2RGB),
    'bayer_grbg8': _bayer(cv2.COLOR_BayerGB2RGB),
    'uyvy': _UYVY,
    'yuv422': _UYVY,
    'yuyv': _YUYV,
    'yuv422_yuy2': _YUYV,
    'nv12': _semi_planar(cv2.COLOR_YUV2RGB_NV12),
    'nv21': _semi_planar(cv2.COLOR_YUV2RGB_NV21),
    'nv24': Encoding(1, _read_nv24, rows=3),
}
"""Every encoding that is read without cv_bridge."""
