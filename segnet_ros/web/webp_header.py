"""
Read the size of a WebP, and whether it is complete, without decoding it.

Source: RFC 9649, section 2.
"""

from __future__ import annotations

import struct

from segnet_ros.images.file_header import FileHeader


def is_webp(data: bytes) -> bool:
    """Tell whether a file is in WebP's container."""
    return data[:4] == b'RIFF' and data[8:12] == b'WEBP'


def read_webp_header(data: bytes) -> FileHeader | None:
    """
    Read the first chunk, which is of one of three kinds; sizes are little-endian.

    :param data: in WebP's container
    :return: size and completeness; None if there is no such chunk
    """
    try:
        size = _read_size(data)
    except (struct.error, IndexError):  # ends within the header
        return None
    is_complete = len(data) >= 8 + int.from_bytes(data[4:8], 'little')
    return FileHeader(*size, is_complete) if size else None


def _read_size(data: bytes) -> tuple[int, int] | None:
    """Read height and width."""
    kind = data[12:16]
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
    return height, width
