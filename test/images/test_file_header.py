"""Sizes of images are read from the headers of files as decoders read them, and soon."""

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
from segnet_ros.images.file_header import FileHeader
from segnet_ros.images.file_header import read_file_header

EXPECTED = FileHeader(HEIGHT, WIDTH, is_complete=True)
FILES = {
    'png': make_png(draw_smooth()),
    'jpeg': make_jpeg(draw_smooth()),
    'progressive jpeg': make_jpeg(draw_smooth(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
}
LARGE = 10_000_000
"""Bytes for which what takes longer than in proportion takes hours."""


@pytest.fixture(params=FILES)
def data(request: pytest.FixtureRequest) -> bytes:
    """Provide a file of each kind."""
    return FILES[request.param]


def test_size_is_read(data: bytes) -> None:
    assert read_file_header(data) == EXPECTED


def test_a_file_that_is_cut_off_is_not_complete(data: bytes) -> None:
    for length in range(len(data) - 8):
        header = read_file_header(data[:length])
        assert header is None or header == EXPECTED._replace(is_complete=False)
    assert read_file_header(data[:-8]) == EXPECTED._replace(is_complete=False)


def test_a_preview_within_a_jpeg_is_not_taken_for_it() -> None:
    preview = make_jpeg(np.zeros((5, 7, 3), np.uint8))
    data = add_segment(FILES['jpeg'], 0xE1, b'Exif\0\0' + preview)
    assert read_file_header(data) == EXPECTED
    cut = read_file_header(data[:-2])
    assert cut == EXPECTED._replace(is_complete=False)


@pytest.mark.parametrize('marker', [b'\xff\x00', b'\xff\x01', b'\xff\xd0'])
def test_what_has_no_segment_skips_no_size(marker: bytes) -> None:
    """Else a frame that no decoder sees could claim to be small for one that is not."""
    jpeg = FILES['jpeg']
    small = b'\xff\xc0' + bytes((0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0))
    data = jpeg[:2] + marker + len(jpeg).to_bytes(2, 'big') + jpeg[2:] + small
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is None or decoded.shape[:2] == (HEIGHT, WIDTH), 'decoders read another size'
    assert read_file_header(data) == EXPECTED


def test_noise_is_none() -> None:
    rng = np.random.default_rng(0)
    for start in (b'', b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff'):
        for length in range(200):
            header = read_file_header(start + rng.bytes(length))
            assert header is None or isinstance(header, FileHeader)
    assert read_file_header(b'a text') is None


@pytest.mark.parametrize(
    'filling', [b'\xff', b'\xff\0', b'\xff\xe0\0\0', b'\0'], ids=['fill', '0', 'empty', 'none']
)
def test_a_jpeg_without_a_size_is_given_up_soon(filling: bytes) -> None:
    """As erased flash memory holds nothing but 0xFF, a file can."""
    assert read_file_header(b'\xff\xd8\xff' + filling * (LARGE // len(filling))) is None
