"""Pictures, and how a camera would send them: plain NumPy, sharing no code with the package."""

from __future__ import annotations

import array as byte_array
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

Picture = NDArray[np.uint8]
Planes = list[NDArray[np.uint8]]
"""What lies one after the other in ``data``, each (rows, bytes per row)."""


def draw_noise(height: int, width: int) -> Picture:
    """Draw any colors."""
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def draw_gray_noise(height: int, width: int) -> Picture:
    """Draw noise without color."""
    return np.repeat(draw_noise(height, width)[..., :1], 3, axis=2)


def draw_blocks(height: int, width: int) -> Picture:
    """Draw blocks of 2x2 pixels of one chroma each, so that halving the chroma loses nothing."""
    rng = np.random.default_rng(5)
    blocks = rng.integers(60, 196, (height // 2 + 1, width // 2 + 1, 3))
    colors = blocks.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return (colors + rng.integers(-50, 51, (height, width, 1))).astype(np.uint8)


def draw_ramps(height: int, width: int) -> Picture:
    """Draw an even slope per color, of which interpolation loses nothing but at the edges."""
    y, x = np.mgrid[:height, :width]
    ramps = (40 + 3 * x + 2 * y, 200 - 4 * x + y, 20 + 2 * x + 4 * y)
    return np.stack(ramps, axis=-1).astype(np.uint8)


def pick(*channels: int) -> Callable[[Picture], Planes]:
    """Lay the channels of a picture pixel by pixel; 3 is an alpha that changes."""

    def encode(picture: Picture) -> Planes:
        alpha = np.arange(picture[..., 0].size, dtype=np.uint8).reshape(picture.shape[:2])
        samples = np.dstack((picture, alpha))[..., list(channels)]
        return [samples.reshape(len(picture), -1)]

    return encode


def encode_mono16(picture: Picture) -> Planes:
    """Lay low bytes of noise before the high bytes, little-endian."""
    noise = draw_noise(*picture.shape[:2])[..., 1]
    return [np.dstack((noise, picture[..., 0])).reshape(len(picture), -1)]


def mosaic(*pattern: int) -> Callable[[Picture], Planes]:
    """
    Keep one color of each pixel.

    :param pattern: channels of the upper left, upper right, lower left and lower right pixel
    """

    def encode(picture: Picture) -> Planes:
        samples = np.empty(picture.shape[:2], np.uint8)
        for number, channel in enumerate(pattern):
            part = np.s_[number // 2 :: 2, number % 2 :: 2]
            samples[part] = picture[part][..., channel]
        return [samples]

    return encode


def convert_yuv(picture: Picture) -> tuple[Picture, Picture, Picture]:
    """Convert to Y (16 to 235), U and V (16 to 240), each (H, W). Source: BT.601, section 2.5."""
    red, green, blue = np.moveaxis(picture / 255, -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    u, v = (blue - luma) / 1.772, (red - luma) / 1.402
    y, u, v = np.rint((16 + 219 * luma, 128 + 224 * u, 128 + 224 * v)).astype(np.uint8)
    return y, u, v


def pairs(order: str) -> Callable[[Picture], Planes]:
    """Lay pairs of pixels as four bytes, 4:2:2."""

    def encode(picture: Picture) -> Planes:
        y, u, v = convert_yuv(picture)
        parts = {'0': y[:, ::2], '1': y[:, 1::2], 'u': u[:, ::2], 'v': v[:, ::2]}
        return [np.dstack([parts[name] for name in order]).reshape(len(picture), -1)]

    return encode


def planes(first: int, every: int) -> Callable[[Picture], Planes]:
    """
    Lay all of Y, then U and V by turns.

    :param first: 1 if U comes first, 2 if V does
    :param every: how many rows and columns share one U and V
    """

    def encode(picture: Picture) -> Planes:
        yuv = convert_yuv(picture)
        chroma = [yuv[channel][::every, ::every] for channel in (first, 3 - first)]
        return [yuv[0], np.dstack(chroma).reshape(len(chroma[0]), -1)]

    return encode


class Case(NamedTuple):
    """How the test sends an encoding, and how well it must be read."""

    encode: Callable[[Picture], Planes]
    draw: Callable[[int, int], Picture] = draw_noise
    sizes: tuple[tuple[int, int], ...] = ((7, 11), (6, 4), (1, 5), (5, 1))
    tolerance: int = 0
    tolerance_at_edges: int = 0


GRAY = Case(pick(0), draw_gray_noise)
PAIRS = {'draw': draw_blocks, 'sizes': ((7, 10), (6, 4), (1, 2)), 'tolerance': 3}
# Rounding Y, U and V moves a color by up to 0.5 x (1.164 + 2.018) + 0.5, OpenCV by another 1.
PLANES = {**PAIRS, 'sizes': ((6, 10), (4, 2), (2, 2))}
MOSAIC: dict[str, Any] = {
    'draw': draw_ramps,
    'sizes': ((7, 11), (6, 4), (3, 3), (5, 4)),
    'tolerance': 1,
    'tolerance_at_edges': 9,  # pixels whose color is that of their neighbors: up to 4 + 4, rounded
}
CASES = {
    'rgb8': Case(pick(0, 1, 2)),
    'bgr8': Case(pick(2, 1, 0)),
    'rgba8': Case(pick(0, 1, 2, 3)),
    'bgra8': Case(pick(2, 1, 0, 3)),
    'mono8': GRAY,
    'mono16': GRAY._replace(encode=encode_mono16),
    '8UC1': GRAY,
    '8UC3': Case(pick(2, 1, 0)),
    '8UC4': Case(pick(2, 1, 0, 3)),
    'bayer_rggb8': Case(mosaic(0, 1, 1, 2), **MOSAIC),
    'bayer_bggr8': Case(mosaic(2, 1, 1, 0), **MOSAIC),
    'bayer_gbrg8': Case(mosaic(1, 2, 0, 1), **MOSAIC),
    'bayer_grbg8': Case(mosaic(1, 0, 2, 1), **MOSAIC),
    'uyvy': Case(pairs('u0v1'), **PAIRS),
    'yuv422': Case(pairs('u0v1'), **PAIRS),
    'yuyv': Case(pairs('0u1v'), **PAIRS),
    'yuv422_yuy2': Case(pairs('0u1v'), **PAIRS),
    'nv12': Case(planes(1, 2), **PLANES),
    'nv21': Case(planes(2, 2), **PLANES),
    'nv24': Case(planes(1, 1), **{**PLANES, 'sizes': ((7, 11), (6, 4), (1, 1))}),
}


def make_message(encoding: str, picture: Picture, padding: int = 0) -> Image:
    """Build a message row by row in plain bytes, each row followed by noise."""
    message = Image(height=picture.shape[0], width=picture.shape[1], encoding=encoding)
    sent = CASES[encoding].encode(picture)
    message.step = sent[0].shape[1] + padding
    message.data = byte_array.array('B')
    for plane in sent:
        pad = b'\xa5' * (padding * plane.shape[1] // sent[0].shape[1])
        message.data.frombytes(b''.join(row.tobytes() + pad for row in plane))
    return message


def draw(encoding: str, size: tuple[int, int] | None = None) -> Picture:
    """Draw a picture that the encoding can hold."""
    return CASES[encoding].draw(*(size or CASES[encoding].sizes[0]))


def assert_close(image: Picture, picture: Picture, encoding: str) -> None:
    """Compare what was read with what was sent."""
    case = CASES[encoding]
    difference = np.abs(image.astype(int) - picture)
    assert difference.max() <= max(case.tolerance, case.tolerance_at_edges)
    assert difference[1:-1, 1:-1].max(initial=0) <= case.tolerance
