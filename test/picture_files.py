"""Pictures as the bytes of JPEG and PNG files, also with sizes that are not theirs."""

from __future__ import annotations

import struct
from typing import Any
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 21, 34
COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's number for gray, gray and alpha, RGB, RGB and alpha, by number of channels."""


def make_chunk(name: bytes, data: bytes) -> bytes:
    """Frame a chunk of a PNG."""
    checksum = zlib.crc32(name + data)
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', checksum)


def make_png(samples: NDArray[Any], *extra: bytes, color_type: int | None = None) -> bytes:
    """Encode uint8 or uint16 (H, W, channels), with further chunks before the pixels."""
    height, width, channels = samples.shape
    depth = 8 * samples.itemsize
    kind = COLOR_TYPES[channels] if color_type is None else color_type
    header = struct.pack('>IIBBBBB', width, height, depth, kind, 0, 0, 0)
    rows = b''.join(b'\0' + row.astype(f'>u{samples.itemsize}').tobytes() for row in samples)
    chunks = (make_chunk(b'IHDR', header), *extra, make_chunk(b'IDAT', zlib.compress(rows)))
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunks) + make_chunk(b'IEND', b'')


def make_jpeg(picture: NDArray[np.uint8], *options: int) -> bytes:
    """Encode RGB or gray."""
    samples = picture[..., ::-1] if picture.ndim == 3 else picture
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    return cv2.imencode('.jpg', np.ascontiguousarray(samples), [*quality, *options])[1].tobytes()


def add_segment(jpeg: bytes, marker: int, data: bytes) -> bytes:
    """Put a segment at the start of a JPEG."""
    return jpeg[:2] + struct.pack('>BBH', 0xFF, marker, len(data) + 2) + data + jpeg[2:]


def set_jpeg_size(jpeg: bytes, height: int, width: int) -> bytes:
    """Let the header of a JPEG claim another size."""
    start = jpeg.index(b'\xff\xc0') + 5
    return jpeg[:start] + struct.pack('>HH', height, width) + jpeg[start + 4 :]


def set_png_size(png: bytes, height: int, width: int) -> bytes:
    """Let the header of a PNG claim another size."""
    header = make_chunk(b'IHDR', struct.pack('>II', width, height) + png[24:29])
    return png[:8] + header + png[8 + len(header) :]


def draw_smooth() -> NDArray[np.uint8]:
    """Draw slopes, of which JPEG keeps nearly all; RGB."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack((40 + 5 * x, 220 - 7 * y, 30 + 2 * x + 3 * y), axis=-1).astype(np.uint8)


def draw_noise(channels: int, dtype: type = np.uint8) -> NDArray[Any]:
    """Draw any samples, (HEIGHT, WIDTH, channels)."""
    rng = np.random.default_rng(3)
    return rng.integers(0, np.iinfo(dtype).max + 1, (HEIGHT, WIDTH, channels), dtype=dtype)
