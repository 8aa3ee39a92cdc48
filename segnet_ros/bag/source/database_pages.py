"""
The rows in the pages of an SQLite file, without SQLite.

Source: https://www.sqlite.org/fileformat.html, sections 1.3, 1.5, 1.6 and 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator
import mmap
from pathlib import Path
import struct
from typing import Any
from typing import NamedTuple

MAGIC = b'SQLite format 3\0'
_LEAF = 0x0D
"""First byte of a page with rows. That of one with the rest of a row is 0 up to 800 GB."""
_FILE_HEAD = 100
"""Bytes before the first page's own."""
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes by type of a column."""
_CONSTANTS = {0: None, 8: 0, 9: 1}
"""Values by type of a column that needs no bytes."""


class _Cell(NamedTuple):
    """A row, not taken apart."""

    number: int
    payload: bytes
    end: int
    """Position after it in the file."""


class DatabasePages:
    """Find rows, whatever the rest of the file is like."""

    def __init__(self, path: Path) -> None:
        """
        Open a file.

        :raises OSError: if it cannot be read
        :raises ValueError: if it does not begin as a database
        """
        with open(path, 'rb') as file:
            head = file.read(_FILE_HEAD)
            if len(head) < _FILE_HEAD or not head.startswith(MAGIC):
                raise ValueError('expected a database, found another beginning')
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = int.from_bytes(head[16:18], 'big')
        self._size = 65536 if size == 1 else size
        if self._size < 512 or self._size & (self._size - 1):
            raise ValueError(f'expected pages of 512 to 65536 bytes, found {self._size}')
        self._usable = self._size - head[20]

    def find_rows(self) -> Iterator[tuple[int, int, list[Any]]]:
        """
        Find every row whose bytes are all there.

        :return: position, number and columns
        """
        for begin in range(0, len(self._bytes), self._size):
            head = begin + _FILE_HEAD if begin == 0 else begin
            if head + 8 > len(self._bytes) or self._bytes[head] != _LEAF:
                continue
            (count,) = struct.unpack_from('>H', self._bytes, head + 3)
            for index in range(min(count, self._size // 2)):
                try:
                    (offset,) = struct.unpack_from('>H', self._bytes, head + 8 + 2 * index)
                    cell = self._read_cell(begin + offset)
                    yield begin + offset, cell.number, _take_apart(cell.payload)
                except (ValueError, IndexError, KeyError, struct.error):
                    continue

    def read_row(self, position: int) -> list[Any]:
        """Read the columns of a row that was found."""
        return _take_apart(self._read_cell(position).payload)

    def _read_cell(self, position: int) -> _Cell:
        """
        Read a row, from all pages that it is on.

        :raises ValueError: if one of them is missing
        """
        length, position = _read_varint(self._bytes, position)
        number, position = _read_varint(self._bytes, position)
        if length > len(self._bytes):
            raise ValueError(f'expected {length} bytes, found fewer in the whole file')
        local = self._count_local(length)
        parts = [self._bytes[position : position + local]]
        missing = length - local
        if missing:
            (page,) = struct.unpack_from('>I', self._bytes, position + local)
        while missing > 0:
            begin = (page - 1) * self._size
            if page < 1 or begin + self._size > len(self._bytes):
                raise ValueError(f'expected page {page}, found the end')
            (page,) = struct.unpack_from('>I', self._bytes, begin)
            part = self._bytes[begin + 4 : begin + 4 + min(missing, self._usable - 4)]
            parts.append(part)
            missing -= len(part)
        payload = b''.join(parts)
        if len(payload) != length:
            raise ValueError(f'expected {length} bytes, found {len(payload)}')
        return _Cell(number, payload, position + local)

    def _count_local(self, length: int) -> int:
        """Count the bytes of a row that are on the page itself."""
        most, least = self._usable - 35, (self._usable - 12) * 32 // 255 - 23
        if length <= most:
            return length
        local = least + (length - least) % (self._usable - 4)
        return local if local <= most else least


def _take_apart(payload: bytes) -> list[Any]:
    """
    Read the columns of a row.

    :raises ValueError: if lengths do not fit together
    """
    end, position = _read_varint(payload, 0)
    head, columns = end, []
    while position < head:
        kind, position = _read_varint(payload, position)
        if kind in _CONSTANTS:
            columns.append(_CONSTANTS[kind])
            continue
        size = (kind - 12) // 2 if kind >= 12 else 8 if kind == 7 else _INTEGERS[kind]
        value: Any = payload[end : end + size]
        if kind < 7:
            value = int.from_bytes(value, 'big', signed=True)
        elif kind >= 13 and kind % 2:
            value = value.decode()
        columns.append(value)
        end += size
    if end != len(payload):
        raise ValueError(f'expected {end} bytes, found {len(payload)}')
    return columns


def _read_varint(data: bytes | mmap.mmap, position: int) -> tuple[int, int]:
    """Read a number of up to nine bytes, and where it ends."""
    value = 0
    for _ in range(8):
        byte = data[position]
        position += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position
    return value << 8 | data[position], position + 1
