"""Pictures of 16 bits and floats, and how a camera would send them, as in encoded_pictures."""

from __future__ import annotations

import array as byte_array
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

HEIGHT, WIDTH = 5, 7
LAYOUTS = {
    'rgb16': ('uint16', (0, 1, 2)),
    'bgr16': ('uint16', (2, 1, 0)),
    'rgba16': ('uint16', (0, 1, 2, 0)),
    'bgra16': ('uint16', (2, 1, 0, 0)),
    '16UC1': ('uint16', (0,)),
    '16UC3': ('uint16', (2, 1, 0)),
    '16UC4': ('uint16', (2, 1, 0, 0)),
    '32FC1': ('float32', (0,)),
    '32FC3': ('float32', (2, 1, 0)),
    '64FC1': ('float64', (0,)),
}
"""Dtype and order of the samples; in place of an alpha the first color, which must not show."""
MOSAICS = ('bayer_rggb16', 'bayer_bggr16', 'bayer_gbrg16', 'bayer_grbg16')
LONG_NAME = '8UC' + '1' * 100_000
"""Would end the process in cv_bridge."""


def make_message(
    encoding: str, samples: NDArray[Any], padding: int = 0, is_bigendian: bool = False
) -> Image:
    """Lay samples (H, W, channels) row by row, each row followed by noise."""
    message = Image(height=len(samples), width=samples.shape[1], encoding=encoding)
    message.is_bigendian = int(is_bigendian)
    message.step = samples[0].nbytes + padding
    ordered = samples.astype(samples.dtype.newbyteorder('>' if is_bigendian else '<'))
    rows = b''.join(row.tobytes() + b'\xa5' * padding for row in ordered)
    message.data = byte_array.array('B', rows)
    return message


def draw(encoding: str) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """
    Draw noise.

    :return: the samples as sent, (HEIGHT, WIDTH, channels), and the picture to be read
    """
    dtype, order = LAYOUTS[encoding]
    rng = np.random.default_rng(7)
    if dtype == 'uint16':
        deep = rng.integers(0, 65536, (HEIGHT, WIDTH, 3), dtype=np.uint16)
        picture = (deep // 256).astype(np.uint8)
    else:
        deep = rng.random((HEIGHT, WIDTH, 3)).astype(dtype)
        picture = np.floor(deep * 255 + 0.5).astype(np.uint8)
    if len(order) == 1:
        picture = np.repeat(picture[..., :1], 3, axis=2)
    return deep[..., list(order)], picture
