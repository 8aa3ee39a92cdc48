"""Sizes of pictures are read from their headers, and nothing else is taken for one."""

from __future__ import annotations

import cv2
import numpy as np
from picture_files import add_segment
from picture_files import draw_smooth
from picture_files import HEIGHT
from picture_files import make_jpeg
from picture_files import make_png
from picture_files import WIDTH
import pytest
from segnet_ros.web.picture_header import PictureHeader
from segnet_ros.web.picture_header import read_picture_header

EXPECTED = PictureHeader(HEIGHT, WIDTH, is_complete=True)


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
    'png': make_png(draw_smooth()),
    'jpeg': make_jpeg(draw_smooth()),
    'progressive jpeg': make_jpeg(draw_smooth(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    'webp': make_webp(80),
    'webp without loss': make_webp(101),
    'extended webp': extend_webp(make_webp(80)),
}


@pytest.fixture(params=FILES)
def data(request: pytest.FixtureRequest) -> bytes:
    """Provide a picture of each kind."""
    return FILES[request.param]


def test_size_is_read(data: bytes) -> None:
    assert read_picture_header(data) == EXPECTED


def test_a_file_that_is_cut_off_is_not_complete(data: bytes) -> None:
    for length in range(len(data) - 8):
        header = read_picture_header(data[:length])
        assert header is None or header == EXPECTED._replace(is_complete=False)
    assert read_picture_header(data[:-8]) == EXPECTED._replace(is_complete=False)


def test_a_preview_within_a_jpeg_is_not_taken_for_it() -> None:
    preview = make_jpeg(np.zeros((5, 7, 3), np.uint8))
    data = add_segment(FILES['jpeg'], 0xE1, b'Exif\0\0' + preview)
    assert read_picture_header(data) == EXPECTED
    cut = read_picture_header(data[:-2])
    assert cut == EXPECTED._replace(is_complete=False)


def test_noise_is_none() -> None:
    rng = np.random.default_rng(0)
    for start in (b'', b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff', b'RIFF\0\0\0\0WEBP'):
        for length in range(200):
            header = read_picture_header(start + rng.bytes(length))
            assert header is None or isinstance(header, PictureHeader)
    assert read_picture_header(b'a text') is None


def test_a_jpeg_of_markers_alone_is_given_up_soon() -> None:
    assert read_picture_header(b'\xff\xd8' + b'\xff\xe0\0\0' * 5_000_000) is None
