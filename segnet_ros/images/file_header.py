"""
Read the size of a PNG or a JPEG, and whether it is complete, without decoding it.

What decides is what decoders read: a size that they take for another would let an image of any
size through.

Sources: PNG, ISO/IEC 15948, section 5; JPEG, ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

PNG_START = b'\x89PNG\r\n\x1a\n'
_PNG_SIZE = struct.Struct('>4x4sII')  # length of the first chunk, its name, width, height
_PNG_END = b'IEND\xaeB`\x82'  # name and checksum of the empty last chunk

JPEG_START = b'\xff\xd8\xff'
_JPEG_SIZE = struct.Struct('>3xHH')  # length of the segment, bits per sample, height, width
_JPEG_END = b'\xff\xd9'
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of segments with the size, one for each way to code."""
_WITHOUT_SEGMENT = {0x00, 0x01, *range(0xD0, 0xD9), 0xFF}
"""What can follow 0xFF alone: markers that are bare, and, as that is none, 0 and fill bytes."""
_LAST = {0xD9, 0xDA}
"""Markers that no size follows: of the end and of the pixels."""
_MOST_MARKERS = 1000
"""How many are looked at; a color profile is cut into as many as 255 segments."""


class FileHeader(NamedTuple):
    """What the first bytes of a file say of its image."""

    height: int
    width: int
    is_complete: bool
    """Whether the file has its end, too."""


def read_file_header(data: bytes) -> FileHeader | None:
    """
    Read the header of a PNG or a JPEG.

    :param data: the file, which may be anything
    :return: size and completeness; None if it is neither, or ends before its size
    """
    if data.startswith(PNG_START):
        return _read_png_header(data)
    if data.startswith(JPEG_START):
        return _read_jpeg_header(data)
    return None


def _read_png_header(data: bytes) -> FileHeader | None:
    if len(data) < len(PNG_START) + _PNG_SIZE.size:
        return None
    name, width, height = _PNG_SIZE.unpack_from(data, len(PNG_START))
    return FileHeader(height, width, _PNG_END in data) if name == b'IHDR' else None


def _read_jpeg_header(data: bytes) -> FileHeader | None:
    """Walk from segment to segment up to the one with the size, in time linear in the file's."""
    position = len(JPEG_START) - 1
    for _ in range(_MOST_MARKERS):
        position = data.find(b'\xff', position) + 1
        begin = position + 1
        if position == 0 or len(data) < begin + _JPEG_SIZE.size:
            return None
        marker = data[position]
        if marker in _LAST:
            return None
        if marker in _FRAMES:
            height, width = _JPEG_SIZE.unpack_from(data, begin)
            return FileHeader(height, width, data.find(_JPEG_END, begin) >= 0)
        if marker not in _WITHOUT_SEGMENT:
            position = begin + int.from_bytes(data[begin : begin + 2], 'big')
    return None
