"""A file of a bag as its recorder closed it, read by the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rosbags.interfaces import Connection
from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.rosbag2 import Reader
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import Place
from segnet_ros.bag.source.messages import Topic
from segnet_ros.bag.source.messages import TopicKey
from segnet_ros.bag.source.zstandard import decompress_message
from segnet_ros.images.image_error import LONGEST_EXPLANATION
from segnet_ros.images.image_error import shorten


class WholeFile:
    """
    A file with its index; messages come by stamp, and of the same stamp as they were written.

    :ivar damage: as in BagFile; known only once reading has come there
    :ivar has_chunks: whether it is an mcap file with chunks, and so with an index
    """

    def __init__(self, path: Path) -> None:
        """
        Open a file.

        :raises Exception: of any type, if it has no end, or another than it should have
        """
        self.path = path
        self.damage = ''
        self._reader = Reader(path)
        self._reader.open()
        self.topics: list[Topic] = []
        self.counts: Counter[TopicKey] = Counter()
        for connection in self._reader.connections:
            topic = _make_topic(connection)
            self.topics.append(topic)
            self.counts[topic.key] += connection.msgcount
        chunks = getattr(self._reader.storage, 'chunks', [])  # those of mcap
        self.has_chunks = bool(chunks)
        self.is_compressed = any(chunk.compression for chunk in chunks)

    def read(self, place: Place) -> Iterator[Message]:
        """Read the messages after a place, up to the end or to where the file is damaged."""
        messages = self._read(self._reader.connections, place.stamp if place.passed else None)
        return islice(messages, place.ties, None)

    def read_first(self, key: TopicKey) -> Message | None:
        """Read the first message of a topic; None if there is none."""
        connections = [one for one in self._reader.connections if _find_key(one) == key]
        return next(self._read(connections, None), None) if connections else None

    def _read(self, connections: list[Connection], start: int | None) -> Iterator[Message]:
        """
        Read messages.

        :param start: lowest stamp, in ns; None for all
        """
        try:
            for connection, stamp, data in self._reader.messages(connections, start):
                yield Message(_find_key(connection), stamp, decompress_message(data))
        except OSError:
            raise
        except Exception as error:  # of any type, since bytes at random lead anywhere
            text = shorten(' '.join(str(error).split()), LONGEST_EXPLANATION)
            self.damage = f'it cannot be read beyond some point ({type(error).__name__}: {text})'


def _find_key(connection: Connection) -> TopicKey:
    return TopicKey(connection.topic, connection.msgtype)


def _make_topic(connection: Connection) -> Topic:
    extension = connection.ext
    assert isinstance(extension, ConnectionExtRosbag2)
    return Topic(
        _find_key(connection),
        connection.msgdef,
        connection.digest,
        extension.serialization_format,
        tuple(extension.offered_qos_profiles),
    )
