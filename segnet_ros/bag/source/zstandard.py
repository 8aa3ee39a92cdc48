"""Zstandard, which Python has had since 3.14; before, rosbags brings the same module along."""

from __future__ import annotations

from pathlib import Path
import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZstdError = zstd.ZstdError
"""Raised where data are damaged."""
_MAGIC = b'\x28\xb5\x2f\xfd'
"""First bytes of a frame; those of a message are the number of its encapsulation, below 16."""
_BLOCK = 2**22
"""Bytes that are read at once."""


def decompress_message(data: bytes) -> bytes:
    """Decompress a message, if it is compressed: rosbag2 can do so one by one; else, keep it."""
    if not data.startswith(_MAGIC):
        return data
    try:
        return zstd.decompress(data)
    except ZstdError:
        return data


def decompress_start(data: bytes) -> bytes:
    """Decompress data that may end too early, as far as they go."""
    decompressed: bytes = zstd.ZstdDecompressor().decompress(data)
    return decompressed


def decompress_file(source: Path, target: Path) -> str:
    """
    Decompress a file, as far as it goes.

    :return: what is wrong with the file; empty if nothing is
    :raises OSError: if one cannot be read, or the other not be written
    """
    decompressor = zstd.ZstdDecompressor()
    with open(source, 'rb') as compressed, open(target, 'wb') as file:
        try:
            while block := compressed.read(_BLOCK):
                while block:  # a frame may end in it, and another begin
                    if decompressor.eof:
                        decompressor = zstd.ZstdDecompressor()
                    file.write(decompressor.decompress(block))
                    block = decompressor.unused_data
        except ZstdError as error:
            return f'its compressed data are damaged ({error})'
    return '' if decompressor.eof else 'its compressed data are cut off'
