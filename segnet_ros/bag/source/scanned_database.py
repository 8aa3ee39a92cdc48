"""
A database of rosbag2 that SQLite refuses: its messages, wherever their bytes are still there.

SQLite opens no file that is shorter than it should be, and a page that is missing can be the one
that leads to all others. Here every page is looked at instead, and what it says of itself counts:
rows that are a message, a topic or a definition are told apart by the types of their columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple

from rosbags.interfaces import MessageDefinition
from rosbags.interfaces import MessageDefinitionFormat
from segnet_ros.bag.source.database_pages import DatabasePages
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import Place
from segnet_ros.bag.source.messages import read_qos
from segnet_ros.bag.source.messages import Topic
from segnet_ros.bag.source.messages import TopicKey
from segnet_ros.bag.source.zstandard import decompress_message

_FORMATS = {'ros2msg': MessageDefinitionFormat.MSG, 'ros2idl': MessageDefinitionFormat.IDL}


class _Row(NamedTuple):
    """Where a message is; sorts as rosbag2 plays."""

    stamp: int
    """In ns."""
    number: int
    """Of the row, ascending in the order of writing."""
    position: int
    """Of the row's bytes in the file."""
    topic: int


class ScannedDatabase:
    """A damaged database, as far as it goes; messages come as from a whole one."""

    def __init__(self, path: Path) -> None:
        """
        Scan a file.

        :raises OSError: if it cannot be read
        :raises ValueError: if it is not a database from its beginning on
        """
        self.path = path
        self.is_compressed = False
        self.damage = 'its end is missing, or it is damaged'
        self._pages = DatabasePages(path)
        self._topics: dict[int, Topic] = {}
        self._definitions: dict[str, MessageDefinition] = {}
        rows = self._scan()
        self._rows = [row for row in rows if row.topic in self._topics]
        self.topics = [self._complete(topic) for topic in self._topics.values()]
        self.counts = Counter(self._topics[row.topic].key for row in self._rows)

    def read(self, place: Place) -> Iterator[Message]:
        """Read the messages after a place."""
        for row in self._rows[place.passed :]:
            yield self._read_row(row)

    def read_first(self, key: TopicKey) -> Message | None:
        """Read the first message of a topic; None if there is none."""
        found = (row for row in self._rows if self._topics[row.topic].key == key)
        return next(map(self._read_row, found), None)

    def _read_row(self, row: _Row) -> Message:
        *_, data = self._pages.read_row(row.position)
        return Message(self._topics[row.topic].key, row.stamp, decompress_message(data))

    def _scan(self) -> list[_Row]:
        """Look at all rows: note topics and definitions, list messages, each once."""
        rows: dict[int, _Row] = {}
        for position, number, row in self._pages.find_rows():
            match row:
                case [None, int(topic), int(stamp), bytes()]:
                    rows[number] = _Row(stamp, number, position, topic)
                case [None, str(name), str(msgtype), str(), *rest] if name.startswith('/'):
                    self._topics[number] = _make_topic(name, msgtype, row[3], rest)
                case [None, str(msgtype), str(encoding), str(text), *_] if encoding in _FORMATS:
                    self._definitions[msgtype] = MessageDefinition(_FORMATS[encoding], text)
        return sorted(rows.values())

    def _complete(self, topic: Topic) -> Topic:
        definition = self._definitions.get(topic.key.msgtype)
        return topic._replace(definition=definition) if definition else topic


def _make_topic(name: str, msgtype: str, serialization: str, rest: list[Any]) -> Topic:
    """
    Describe a topic.

    :param rest: of its row: QoS and hash of the type, as far as this version of rosbag2 has them
    """
    qos, digest = [*rest, '', ''][:2]
    definition = MessageDefinition(MessageDefinitionFormat.NONE, '')
    key = TopicKey(name, msgtype)
    return Topic(key, definition, digest, serialization, read_qos(qos))
