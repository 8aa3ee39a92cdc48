"""Tell pictures, videos and the rest by their first bytes; names and types can be anything."""

from __future__ import annotations

from enum import Enum

from segnet_ros.images.file_header import JPEG_START
from segnet_ros.images.file_header import PNG_START
from segnet_ros.web.webp_header import is_webp

NUM_BYTES = 12
"""How many :func:`tell_kind` needs."""
_MATROSKA_START = b'\x1aE\xdf\xa3'


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
    if is_avi or data.startswith(_MATROSKA_START) or data[4:8] == b'ftyp':
        return FileKind.VIDEO
    return None
