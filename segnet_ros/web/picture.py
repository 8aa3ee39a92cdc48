"""Decode uploaded pictures."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.file_header import read_file_header
from segnet_ros.web.limits import Limits
from segnet_ros.web.refusal import RefusalError
from segnet_ros.web.webp_header import is_webp
from segnet_ros.web.webp_header import read_webp_header


def check_picture(data: bytes, limits: Limits) -> None:
    """
    Make sure that a file is worth decoding.

    :param data: a PNG, a JPEG or a WebP, by its first bytes
    :raises RefusalError: if it has too many pixels, or is cut off
    """
    header = read_webp_header(data) if is_webp(data) else read_file_header(data)
    if header is None:
        raise _refuse_damaged('one whose header cannot be read')
    height, width, is_complete = header
    if height * width == 0:
        raise _refuse_damaged(f'one of {width}x{height} pixels')
    most = limits.picture_pixels
    if height * width > most:
        scale = math.sqrt(most / (height * width))
        smaller = f'{max(1, int(width * scale))}x{max(1, int(height * scale))}'
        raise RefusalError(
            413,
            f'expected a picture of up to {most / 1e6:g} megapixels, found {width}x{height}, which'
            f' is {height * width / 1e6:.3g} megapixels; shrink it to {smaller} or less',
        )
    if not is_complete:
        raise _refuse_damaged(f'one that is cut off after {len(data)} bytes')


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """
    Decode a picture that :func:`check_picture` has let through.

    It is turned upright, as its file says. Gray is repeated, alpha is left out, 16 bits become 8.

    :return: RGB, uint8 (H, W, 3)
    :raises RefusalError: if it does not decode
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise _refuse_damaged('one that does not decode')
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _refuse_damaged(found: str) -> RefusalError:
    return RefusalError(
        422,
        f'expected a complete picture, found {found}; save or copy it again, and try once more',
    )
