"""What is read from a bag, whatever its storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from typing import Protocol

from rosbags.interfaces import MessageDefinition
from rosbags.interfaces import Qos
from rosbags.rosbag2.metadata import parse_qos


class TopicKey(NamedTuple):
    """What tells one topic of a bag from another."""

    name: str
    msgtype: str
    """Such as sensor_msgs/msg/Image."""


class Topic(NamedTuple):
    """What a bag says of a topic, to be handed on as it is."""

    key: TopicKey
    definition: MessageDefinition
    digest: str
    """Hash of the type; empty where the bag has none."""
    serialization_format: str
    qos: tuple[Qos, ...]
    """Offered by the publishers, as recorded."""


def read_qos(text: str) -> tuple[Qos, ...]:
    """Read offered QoS as it stands in files; none if it cannot be read."""
    try:
        return tuple(parse_qos(text))
    except Exception:  # of any type, since bytes of a damaged file lead anywhere
        return ()


class Message(NamedTuple):
    """One message, not decoded."""

    key: TopicKey
    stamp: int
    """When it was recorded, in ns; the stamp in its header is another."""
    data: bytes


class Place(NamedTuple):
    """A place between two messages of a file, from which reading can go on after a restart."""

    passed: int = 0
    """How many messages come before it."""
    stamp: int = 0
    """Stamp of the last message before it, in ns."""
    ties: int = 0
    """How many of those before it have this stamp."""

    def after(self, stamp: int) -> Place:
        """
        Step over a message.

        :param stamp: that of the message, in ns
        """
        return Place(self.passed + 1, stamp, self.ties + 1 if stamp == self.stamp else 1)


class BagFile(Protocol):
    """A file of a bag; its messages come in the same order each time."""

    path: Path
    topics: list[Topic]
    counts: Counter[TopicKey]
    """Messages by topic, as far as known before reading."""
    is_compressed: bool
    """Whether the storage compresses its chunks."""
    damage: str
    """What is wrong with it; empty if nothing is, or if reading has not come there yet."""

    def read(self, place: Place) -> Iterator[Message]:
        """Read the messages after a place, up to the end or to where the file is damaged."""

    def read_first(self, key: TopicKey) -> Message | None:
        """Read the first message of a topic; None if there is none."""
