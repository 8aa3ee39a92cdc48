"""What was computed for a part of a bag, batch by batch, kept through an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import json
from pathlib import Path
import struct
from typing import BinaryIO
from typing import NamedTuple
import zlib

_HEAD = struct.Struct('<QQI')  # lengths of description and of outputs, checksum of both


class Labeled(NamedTuple):
    """What came of one image."""

    position: int
    """Of its message in the part, from 0."""
    outputs: list[bytes]
    """Serialized messages; empty if the image could not be labeled."""
    problem: str = ''
    """Why it could not."""


class Journal:
    """
    A file to which batches are added; one that was not written as a whole does not count.

    :ivar passed: how many messages of the part are done with
    :ivar images: how many of these were images to label
    :ivar size: bytes written
    """

    def __init__(self, path: Path) -> None:
        """
        Go on with a file, or begin one.

        :raises OSError: if it cannot be read or written
        """
        self.path = path
        self.passed = self.images = self.size = 0
        path.touch()
        with open(path, 'rb') as file:
            while (batch := _read_batch(file)) is not None:
                self.passed, labeled = batch
                self.images += len(labeled)
                self.size = file.tell()
        self._file = open(path, 'r+b')  # noqa: SIM115 - closed by close
        self._file.truncate(self.size)
        self._file.seek(self.size)

    def add(self, labeled: Sequence[Labeled], passed: int) -> None:
        """
        Add a batch.

        :param labeled: in the order of the messages; may be empty
        :param passed: how many messages of the part are now done with
        :raises OSError: if it cannot be written
        """
        entries = [
            [one.position, [len(data) for data in one.outputs], one.problem] for one in labeled
        ]
        description = json.dumps([passed, entries]).encode()
        outputs = b''.join(data for one in labeled for data in one.outputs)
        checksum = zlib.crc32(outputs, zlib.crc32(description))
        head = _HEAD.pack(len(description), len(outputs), checksum)
        self._file.write(head + description + outputs)
        self._file.flush()
        self.passed = passed
        self.images += len(labeled)
        self.size = self._file.tell()

    def read(self) -> Iterator[Labeled]:
        """Read what came of each image, in the order of the messages."""
        with open(self.path, 'rb') as file:
            while (batch := _read_batch(file)) is not None:
                yield from batch[1]

    def close(self) -> None:
        """Close the file, which stays."""
        self._file.close()


def _read_batch(file: BinaryIO) -> tuple[int, list[Labeled]] | None:
    """Read a batch, and how many messages are done with after it; None if it is not whole."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    description_size, outputs_size, checksum = _HEAD.unpack(head)
    if file.tell() + description_size + outputs_size > Path(file.name).stat().st_size:
        return None
    description, outputs = file.read(description_size), file.read(outputs_size)
    if zlib.crc32(outputs, zlib.crc32(description)) != checksum:
        return None
    passed, entries = json.loads(description)
    begin = 0
    labeled = []
    for position, sizes, problem in entries:
        data = []
        for size in sizes:
            data.append(outputs[begin : begin + size])
            begin += size
        labeled.append(Labeled(position, data, problem))
    return passed, labeled
