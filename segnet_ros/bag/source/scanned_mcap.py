"""
An mcap file without an index, or without its end: its records one after the other.

Source: https://mcap.dev/spec, sections Records and Chunk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
import struct
from typing import BinaryIO
from typing import NamedTuple
import zlib

from lz4.frame import LZ4FrameDecompressor
from rosbags.interfaces import MessageDefinition
from rosbags.interfaces import MessageDefinitionFormat
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import Place
from segnet_ros.bag.source.messages import read_qos
from segnet_ros.bag.source.messages import Topic
from segnet_ros.bag.source.messages import TopicKey
from segnet_ros.bag.source.record_fields import RecordFields
from segnet_ros.bag.source.zstandard import decompress_message
from segnet_ros.bag.source.zstandard import decompress_start
from segnet_ros.bag.source.zstandard import ZstdError

MAGIC = b'\x89MCAP0\r\n'
_SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 0x03, 0x04, 0x05, 0x06, 0x0F
_HEAD = struct.Struct('<BQ')  # kind of record, length of what follows
_MESSAGE_HEAD = struct.Struct('<HIQQ')  # channel, sequence, time of log and of publication
_FORMATS = {
    'ros2msg': MessageDefinitionFormat.MSG,
    'ros2idl': MessageDefinitionFormat.IDL,
    'omgidl': MessageDefinitionFormat.IDL,
}
_NO_DEFINITION = MessageDefinition(MessageDefinitionFormat.NONE, '')


class _Chunk(NamedTuple):
    """A chunk, as far as it is there."""

    records: bytes
    is_compressed: bool
    is_whole: bool


class ScannedMcap:
    """An mcap file, as far as it goes; messages come in the order in which they were written."""

    def __init__(self, path: Path) -> None:
        """
        Scan a file.

        :raises OSError: if it cannot be read
        :raises ValueError: if it is not an mcap file from its beginning on
        """
        self.path = path
        self.is_compressed = False
        self.damage = ''
        self._definitions: dict[int, tuple[str, MessageDefinition]] = {}
        self._channels: dict[int, Topic] = {}
        with open(path, 'rb') as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ValueError('expected an mcap file, found another beginning')
        self.counts: Counter[TopicKey] = Counter(one.key for one in self.read(Place()))
        self.topics = list(self._channels.values())

    def read(self, place: Place) -> Iterator[Message]:
        """Read the messages after a place, up to where the file ends or is damaged."""
        return islice(self._read(), place.passed, None)

    def read_first(self, key: TopicKey) -> Message | None:
        """Read the first message of a topic; None if there is none."""
        return next((message for message in self._read() if message.key == key), None)

    def _read(self) -> Iterator[Message]:
        with open(self.path, 'rb') as file:
            file.seek(len(MAGIC))
            self.damage = 'it is damaged, or its end is missing'
            try:
                yield from self._read_records(file, self.path.stat().st_size)
            except (struct.error, ValueError, RuntimeError, KeyError, ZstdError):
                return

    def _read_records(self, file: BinaryIO, end: int) -> Iterator[Message]:
        """
        Read records up to one that is not whole, those of chunks as well.

        :param end: of the file, in bytes
        :raises Exception: of several types, if bytes make no sense
        """
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, length = _HEAD.unpack(head)
            if kind == _DATA_END:
                self.damage = ''
                return
            missing = length - (end - file.tell())
            if missing > 0 and kind != _CHUNK:
                return
            record = file.read(length - max(0, missing))
            if kind == _CHUNK:
                chunk = _open_chunk(record, length)
                self.is_compressed |= chunk.is_compressed
                yield from self._read_records(BytesIO(chunk.records), len(chunk.records))
                if not chunk.is_whole:
                    return
            elif kind == _SCHEMA:
                self._add_schema(RecordFields(record))
            elif kind == _CHANNEL:
                self._add_channel(RecordFields(record))
            elif kind == _MESSAGE:
                channel, _, stamp, _ = _MESSAGE_HEAD.unpack_from(record)
                data = decompress_message(record[_MESSAGE_HEAD.size :])
                yield Message(self._channels[channel].key, stamp, data)

    def _add_schema(self, fields: RecordFields) -> None:
        number = fields.read_number(2)
        name, encoding, text = (fields.read_text() for _ in range(3))
        found = _FORMATS.get(encoding)
        definition = MessageDefinition(found, text) if found else _NO_DEFINITION
        self._definitions[number] = (name, definition)

    def _add_channel(self, fields: RecordFields) -> None:
        number, schema = fields.read_number(2), fields.read_number(2)
        name, encoding = fields.read_text(), fields.read_text()
        metadata = fields.read_texts_by_name()
        msgtype, definition = self._definitions[schema]
        self._channels[number] = Topic(
            TopicKey(name, msgtype),
            definition,
            metadata.get('topic_type_hash', ''),
            encoding,
            read_qos(metadata.get('offered_qos_profiles', '')),
        )


def _open_chunk(record: bytes, length: int) -> _Chunk:
    """
    Decompress a chunk.

    :param record: as far as it is there
    :param length: that it should have, in bytes
    :raises ValueError: if it is whole, and its checksum another
    """
    fields = RecordFields(record)
    fields.skip(16)  # times of the first and of the last message
    size, checksum = fields.read_number(8), fields.read_number(4)
    compression = fields.read_text()
    fields.skip(8)  # length of the rest
    records = fields.read_rest()
    if compression == 'lz4':
        records = LZ4FrameDecompressor().decompress(records)
    elif compression == 'zstd':
        records = decompress_start(records)
    is_whole = len(record) == length and len(records) == size
    if is_whole and checksum and zlib.crc32(records) != checksum:
        raise ValueError('expected another checksum')
    return _Chunk(records, bool(compression), is_whole)
