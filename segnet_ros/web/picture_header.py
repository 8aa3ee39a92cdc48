"""
Read the size of a picture, and whether it is complete, without decoding it.

Sources: PNG, ISO/IEC 15948, section 5; JPEG, ITU-T T.81, annex B; WebP, RFC 9649, section 2.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

PNG_START = b'\x89PNG\r\n\x1a\n'
JPEG_START = b'\xff\xd8\xff'
_PNG_END = b'IEND\xaeB`\x82'
"""Name and checksum of the empty last chunk."""
_JPEG_END = b'\xff\xd9'
_JPEG_SIZED = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of segments with the size, one for each way to code."""
_JPEG_BARE = {0x01, *range(0xD0, 0xD8)}
"""Markers that no segment follows."""
_JPEG_LAST = {0xD9, 0xDA}
"""Markers that no size follows: of the end and of the pixels."""
_MOST_MARKERS = 1000
"""How many are looked at; a color profile is cut into as many as 255 segments."""


class PictureHeader(NamedTuple):
    """What the first bytes of a picture say."""

    height: int
    width: int
    is_complete: bool
    """Whether the file has its end, too."""


def is_webp(data: bytes) -> bool:
    """Tell whether a file is in WebP's container."""
    return data[:4] == b'RIFF' and data[8:12] == b'WEBP'


def read_picture_header(data: bytes) -> PictureHeader | None:
    """
    Read the header of a PNG, a JPEG or a WebP.

    :param data: the file, which may be anything
    :return: size and completeness; None if there is no such header
    """
    try:
        if data.startswith(PNG_START):
            return _read_png(data)
        if data.startswith(JPEG_START):
            return _read_jpeg(data)
        return _read_webp(data) if is_webp(data) else None
    except (struct.error, IndexError):  # ends within the header
        return None


def _read_png(data: bytes) -> PictureHeader | None:
    name, width, height = struct.unpack_from('>4sII', data, 12)
    return PictureHeader(height, width, _PNG_END in data) if name == b'IHDR' else None


def _read_jpeg(data: bytes) -> PictureHeader | None:
    """Go from segment to segment up to the one with the size."""
    position = 2
    for _ in range(_MOST_MARKERS):
        position = data.find(b'\xff', position)
        if position < 0:
            return None
        marker = data[position + 1]
        if marker in _JPEG_LAST:
            return None
        if marker in _JPEG_SIZED:
            height, width = struct.unpack_from('>HH', data, position + 5)
            return PictureHeader(height, width, data.find(_JPEG_END, position) > 0)
        if marker == 0xFF:  # padding
            position += 1
        elif marker in _JPEG_BARE:
            position += 2
        else:
            (length,) = struct.unpack_from('>H', data, position + 2)
            position += 2 + length
    return None


def _read_webp(data: bytes) -> PictureHeader | None:
    """Read the first chunk, which is of one of three kinds; sizes are little-endian."""
    kind = data[12:16]
    is_complete = len(data) >= 8 + int.from_bytes(data[4:8], 'little')
    if kind == b'VP8X':
        _ = data[29]
        width, height = (int.from_bytes(data[i : i + 3], 'little') + 1 for i in (24, 27))
    elif kind == b'VP8L':
        (bits,) = struct.unpack_from('<I', data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b'VP8 ':
        width, height = (side & 0x3FFF for side in struct.unpack_from('<HH', data, 26))
    else:
        return None
    return PictureHeader(height, width, is_complete)
