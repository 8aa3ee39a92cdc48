"""Sizes of WebP pictures are read from their headers."""

from __future__ import annotations

import cv2
import numpy as np
from picture_files import draw_smooth
from picture_files import HEIGHT
from picture_files import WIDTH
import pytest
from segnet_ros.images.file_header import FileHeader
from segnet_ros.web.webp_header import is_webp
from segnet_ros.web.webp_header import read_webp_header

EXPECTED = FileHeader(HEIGHT, WIDTH, is_complete=True)


def make_webp(quality: int) -> bytes:
    """Encode as WebP; above 100 without loss."""
    options = [cv2.IMWRITE_WEBP_QUALITY, quality]
    return cv2.imencode('.webp', draw_smooth(), options)[1].tobytes()


def extend_webp(simple: bytes) -> bytes:
    """Put the header in front that a WebP with metadata has."""
    sides = (WIDTH - 1).to_bytes(3, 'little') + (HEIGHT - 1).to_bytes(3, 'little')
    chunks = b'VP8X' + (10).to_bytes(4, 'little') + bytes(4) + sides + simple[12:]
    return b'RIFF' + (len(chunks) + 4).to_bytes(4, 'little') + b'WEBP' + chunks


FILES = {
    'with loss': make_webp(80),
    'without loss': make_webp(101),
    'extended': extend_webp(make_webp(80)),
}


@pytest.mark.parametrize('name', FILES)
def test_size_and_completeness_are_read(name: str) -> None:
    data = FILES[name]
    assert is_webp(data)
    assert read_webp_header(data) == EXPECTED
    for length in range(12, len(data)):
        header = read_webp_header(data[:length])
        assert header is None or header == EXPECTED._replace(is_complete=False)
    assert read_webp_header(data[:-1]) == EXPECTED._replace(is_complete=False)


def test_noise_is_none() -> None:
    rng = np.random.default_rng(0)
    for length in range(200):
        header = read_webp_header(b'RIFF\0\0\0\0WEBP' + rng.bytes(length))
        assert header is None
    assert not is_webp(b'RIFF\0\0\0\0AVI ')
