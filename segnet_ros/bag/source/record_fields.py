"""
The fields of an mcap record, one after the other.

Source: https://mcap.dev/spec, section Serialization.
"""

from __future__ import annotations


class RecordFields:
    """Read fields from the first to the last."""

    def __init__(self, record: bytes) -> None:
        self._record = record
        self._position = 0

    def skip(self, size: int) -> None:
        """Leave out so many bytes."""
        self._position += size

    def read_rest(self) -> bytes:
        """Read all bytes that are left."""
        return self._record[self._position :]

    def read_number(self, size: int) -> int:
        """Read an unsigned number of so many bytes."""
        return int.from_bytes(self._read_bytes(size), 'little')

    def read_text(self) -> str:
        """Read a text, or the bytes of one."""
        return self._read_bytes(self.read_number(4)).decode()

    def read_texts_by_name(self) -> dict[str, str]:
        """Read pairs of texts."""
        size = self.read_number(4)
        end = self._position + size
        texts = {}
        while self._position < end:
            name = self.read_text()
            texts[name] = self.read_text()
        return texts

    def _read_bytes(self, size: int) -> bytes:
        """
        Read so many bytes.

        :raises ValueError: if there are not as many
        """
        found = self._record[self._position : self._position + size]
        if len(found) < size:
            raise ValueError(f'expected {size} bytes, found {len(found)}')
        self._position += size
        return found
