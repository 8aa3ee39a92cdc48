"""Uploaded pictures become upright RGB, or a refusal before they take memory."""

from __future__ import annotations

import numpy as np
from picture_files import add_segment
from picture_files import draw_noise
from picture_files import draw_smooth
from picture_files import HEIGHT
from picture_files import make_jpeg
from picture_files import make_png
from picture_files import set_png_size
from picture_files import WIDTH
import pytest

pytest.importorskip('starlette', reason='needs the extra web')

from segnet_ros.web.limits import Limits
from segnet_ros.web.picture import check_picture
from segnet_ros.web.picture import decode_picture
from segnet_ros.web.refusal import RefusalError

LIMITS = Limits()
TURNED = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
"""Says of a picture: turn it clockwise."""


def refuse(data: bytes, limits: Limits = LIMITS) -> RefusalError:
    """Expect a refusal."""
    with pytest.raises(RefusalError) as refused:
        decode_checked(data, limits)
    return refused.value


def decode_checked(data: bytes, limits: Limits) -> None:
    """Take the two steps that an upload takes."""
    check_picture(data, limits)
    decode_picture(data)


def test_colors_are_kept() -> None:
    picture = draw_smooth()
    assert np.array_equal(decode_picture(make_png(picture)), picture)


@pytest.mark.parametrize('channels', [1, 2, 3, 4])
@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_every_png_becomes_rgb(channels: int, dtype: type) -> None:
    data = make_png(draw_noise(channels, dtype))
    check_picture(data, LIMITS)
    image = decode_picture(data)
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8


def test_a_picture_of_a_phone_is_turned_upright() -> None:
    upright = decode_picture(add_segment(make_jpeg(draw_smooth()), 0xE1, TURNED))
    assert upright.shape == (WIDTH, HEIGHT, 3)
    assert np.abs(upright - np.rot90(draw_smooth(), -1).astype(float)).max() < 12


def test_too_many_pixels_are_told_with_both_numbers_and_a_size_that_fits() -> None:
    refusal = refuse(set_png_size(make_png(draw_smooth()), 4000, 5000))
    assert refusal.status == 413
    assert 'up to 16 megapixels, found 5000x4000, which is 20 megapixels' in str(refusal)
    assert 'shrink it to 4472x3577' in str(refusal)
    assert LIMITS.picture_pixels >= 4472 * 3577


def test_a_picture_at_the_limit_is_let_through() -> None:
    check_picture(make_png(draw_smooth()), Limits(picture_pixels=HEIGHT * WIDTH))
    refuse(make_png(draw_smooth()), Limits(picture_pixels=HEIGHT * WIDTH - 1))


@pytest.mark.parametrize(
    ('data', 'found'),
    [
        (make_jpeg(draw_smooth())[:-300], 'cut off'),
        (make_png(draw_smooth())[:-20], 'cut off'),
        (set_png_size(make_png(draw_smooth()), 0, 10), 'one of 10x0 pixels'),
        (b'\x89PNG\r\n\x1a\n' + bytes(100), 'header cannot be read'),
        (make_png(draw_smooth())[:33] + b'\0\0\0\0IEND\xaeB`\x82', 'does not decode'),
    ],
)
def test_damage_is_told(data: bytes, found: str) -> None:
    refusal = refuse(data)
    assert refusal.status == 422
    assert found in str(refusal)
