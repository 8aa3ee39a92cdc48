"""
Decode compressed image messages to NumPy arrays.

Sources: sensor_msgs/msg/CompressedImage; PNG, ISO/IEC 15948, section 5; JPEG, ITU-T T.81, annex B.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.image_error import shorten
from segnet_ros.images.messages import CompressedImage

MOST_PIXELS = 100_000_000
"""Larger images are refused before they take memory."""

_PNG_START = b'\x89PNG\r\n\x1a\n'
_PNG_SIZE = struct.Struct('>4x4sII')  # length of the first chunk, its name, width, height
_PNG_END = b'IEND\xaeB`\x82'  # name and checksum of the empty last chunk

_JPEG_START = b'\xff\xd8'
_JPEG_MARKER = re.compile(rb'\xff+([^\x00\xff])', re.DOTALL)
_JPEG_SIZE = struct.Struct('>3xHH')  # length of the segment, bits per sample, height, width
_JPEG_END = b'\xff\xd9'
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of segments with the size, one for each way to code."""
_BARE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a segment."""
_LAST = {0xD9, 0xDA}
"""Markers that no size follows: of the end and of the pixels."""
_MOST_SEGMENTS = 1000
"""How many are looked at; a color profile is cut into as many as 255."""


class _Header(NamedTuple):
    """What the first bytes of a file say."""

    height: int
    width: int
    is_complete: bool
    """Whether the file has its end, too."""


def compressed_to_rgb(message: CompressedImage) -> NDArray[np.uint8]:
    """
    Decode a JPEG or PNG of any depth and number of channels as an RGB array.

    The bytes tell which of the two it is; ``format`` is not read, since publishers write all kinds
    of things there. Gray is repeated, alpha is left out, samples of 16 bits become 8 bits by their
    high byte. An orientation in the file is ignored: it would turn the image away from its
    ``camera_info``. Damage inside of a JPEG that is complete shows in the image.

    :return: uint8 array (H, W, 3) in RGB order, values 0 to 255, sharing no memory
    :raises ImageError: if the data do not decode, are cut off, or give over ``MOST_PIXELS``
    """
    data = bytes(message.data)
    _check_header(_read_header(data), len(data))
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if pixels is None:
            raise _refuse(f'{len(data)} bytes that do not decode')
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    except cv2.error as error:
        raise _refuse(f'an error of OpenCV ({shorten(str(error))!r})') from error


def _refuse(found: str) -> ImageError:
    return ImageError(
        'bad_data', f'expected a complete JPEG or PNG, found {found}; correct the publisher'
    )


def _check_header(header: _Header | None, size: int) -> None:
    """
    Make sure that an image is worth decoding.

    :param size: of the file, in bytes
    :raises ImageError: if it is not
    """
    if header is None:
        raise _refuse(f'{size} bytes without the header of one')
    height, width, is_complete = header
    if height == 0 or width == 0:
        raise ImageError(
            'empty',
            f'expected an image of at least 1x1 pixels, found {width}x{height}; '
            'check the camera driver',
        )
    if height * width > MOST_PIXELS:
        raise ImageError(
            'too_large',
            f'expected up to {MOST_PIXELS} pixels, found {width}x{height}; '
            'set the camera driver to a smaller size',
        )
    if not is_complete:  # OpenCV 4.5.4 fills up a JPEG that is cut off
        raise _refuse(f'{size} bytes of one that is cut off')


def _read_header(data: bytes) -> _Header | None:
    """Read size and completeness without decoding; None if the file is neither."""
    if data.startswith(_PNG_START):
        return _read_png_header(data)
    if data.startswith(_JPEG_START):
        return _read_jpeg_header(data)
    return None


def _read_png_header(data: bytes) -> _Header | None:
    if len(data) < len(_PNG_START) + _PNG_SIZE.size:
        return None
    name, width, height = _PNG_SIZE.unpack_from(data, len(_PNG_START))
    return _Header(height, width, _PNG_END in data) if name == b'IHDR' else None


def _read_jpeg_header(data: bytes) -> _Header | None:
    """Walk from segment to segment up to the one with the size."""
    position = len(_JPEG_START)
    for _ in range(_MOST_SEGMENTS):
        found = _JPEG_MARKER.search(data, position)
        if found is None or found[1][0] in _LAST:
            return None
        position = found.end()
        if found[1][0] in _BARE:
            continue
        if len(data) < position + _JPEG_SIZE.size:
            return None
        if found[1][0] in _FRAMES:
            height, width = _JPEG_SIZE.unpack_from(data, position)
            return _Header(height, width, data.find(_JPEG_END, position) >= 0)
        position += int.from_bytes(data[position : position + 2], 'big')
    return None
