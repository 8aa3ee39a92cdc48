"""Tell pictures, videos and the rest by their first bytes; names and types can be anything."""

from __future__ import annotations

from enum import Enum

from segnet_ros.images.file_header import JPEG_START
from segnet_ros.images.file_header import PNG_START
from segnet_ros.web.webp_header import is_webp

NUM_BYTES = 12
"""How many :func:`tell_kind` needs."""
_MATROSKA_START = b'\x1aE\xdf\xa3'
_STILL_BRANDS = {b'heic', b'heix', b'heim', b'heis', b'mif1', b'avif'}
"""What the container of MP4 says where it holds a photograph, as phones take: HEIC or AVIF."""


class FileKind(Enum):
    """What can be labeled."""

    PICTURE = 'picture'
    VIDEO = 'video'


def tell_kind(data: bytes) -> FileKind | None:
    """
    Tell what a file is.

    Only containers that hold their images themselves count as videos. A playlist, which the
    decoder would recognize, too, could make it read other files of this machine.

    :param data: the first ``NUM_BYTES``, or more
    :return: None if it is neither JPEG, PNG, WebP, nor MP4, QuickTime, Matroska, WebM, AVI
    """
    if data.startswith((PNG_START, JPEG_START)) or is_webp(data):
        return FileKind.PICTURE
    is_avi = data[:4] == b'RIFF' and data[8:12] == b'AVI '
    is_mp4 = data[4:8] == b'ftyp' and data[8:12] not in _STILL_BRANDS
    if is_avi or is_mp4 or data.startswith(_MATROSKA_START):
        return FileKind.VIDEO
    return None
