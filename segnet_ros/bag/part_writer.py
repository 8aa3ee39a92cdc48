"""Write a part of a bag as a bag of one file, by the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
import os
from pathlib import Path
import shutil
import sqlite3
from typing import Any
from typing import Literal
from typing import NamedTuple

from rosbags.interfaces import Connection
from rosbags.interfaces import Qos
from rosbags.interfaces import QosDurability
from rosbags.interfaces import QosHistory
from rosbags.interfaces import QosLiveliness
from rosbags.interfaces import QosReliability
from rosbags.interfaces import QosTime
from rosbags.rosbag2 import CompressionFormat
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from segnet_ros.bag.cameras import Camera
from segnet_ros.bag.image_messages import COMPRESSED
from segnet_ros.bag.image_messages import get_types
from segnet_ros.bag.image_messages import RAW
from segnet_ros.bag.journal import Labeled
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import Topic
import yaml

Results = Iterable[tuple[Message, Labeled | None]]
"""Messages, and what came of those that were to be labeled."""
NO_HASH = 'unknown'
"""Stands for the hash of a type where the bag has none, which the library does not allow."""
_FOREVER = QosTime(9223372036, 854775807)
_QOS = Qos(
    QosHistory.KEEP_LAST,
    1,
    QosReliability.RELIABLE,
    QosDurability.VOLATILE,
    _FOREVER,
    _FOREVER,
    QosLiveliness.AUTOMATIC,
    _FOREVER,
    False,
)
"""That of the node's outputs."""


class Format(NamedTuple):
    """How files are written."""

    storage: str
    """mcap or sqlite3."""
    version: Literal[8, 9]
    """Of the metadata; 9 came with Jazzy."""
    compression: str
    """'', 'file', 'message', or 'storage' for the chunks of mcap."""


class Written(NamedTuple):
    """What became of a part."""

    metadata: dict[str, Any]
    """What metadata.yaml would say of a bag with this file alone."""
    labeled: dict[str, int]
    """Images labeled, by topic."""
    problems: dict[str, tuple[int, str]]
    """By topic: images that could not be labeled, and why the first could not."""


class PartWriter:
    """Write parts of one bag; each names all of its topics."""

    def __init__(
        self, topics: Sequence[Topic], cameras: Sequence[Camera], compressed: bool, form: Format
    ) -> None:
        """
        Prepare.

        :param topics: those of the old bag
        :param cameras: those of them that are labeled
        :param compressed: whether the outputs are compressed images
        """
        self._topics = topics
        self._cameras = cameras
        self._output_type = COMPRESSED if compressed else RAW
        self._format = form

    def write(self, messages: Results, folder: Path) -> Written:
        """
        Write a part.

        :param messages: in their order; outputs follow their image, with its stamp
        :param folder: to be made; the file in it gets the name of the folder
        :raises OSError: if it cannot be written
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        plugin = StoragePlugin[self._format.storage.upper()]
        writer = Writer(folder, version=self._format.version, storage_plugin=plugin)
        mode = CompressionMode[self._format.compression.upper() or 'NONE']
        writer.set_compression(mode, CompressionFormat.ZSTD)
        try:
            with writer:
                labeled, problems = self._write_all(writer, messages)
        except sqlite3.Error as error:
            raise OSError(f'{folder}: could not be written ({error}); check the space') from error
        return Written(_read_metadata(folder), labeled, problems)

    def _write_all(
        self, writer: Writer, messages: Results
    ) -> tuple[dict[str, int], dict[str, tuple[int, str]]]:
        originals = {topic.key: self._add_topic(writer, topic) for topic in self._topics}
        outputs = {
            camera.key: [self._add_output(writer, name) for name in camera.outputs]
            for camera in self._cameras
        }
        labeled: Counter[str] = Counter()
        problems: dict[str, tuple[int, str]] = {}
        for message, result in messages:
            writer.write(originals[message.key], message.stamp, message.data)
            if result is None:
                continue
            for connection, data in zip(outputs[message.key], result.outputs, strict=False):
                writer.write(connection, message.stamp, data)
            name = message.key.name
            labeled[name] += not result.problem
            if result.problem:
                count, first = problems.get(name, (0, result.problem))
                problems[name] = (count + 1, first)
        return dict(labeled), problems

    def _add_topic(self, writer: Writer, topic: Topic) -> Connection:
        return writer.add_connection(
            topic.key.name,
            topic.key.msgtype,
            msgdef=topic.definition.data or _find_definition(topic.key.msgtype),
            rihs01=topic.digest or NO_HASH,
            serialization_format=topic.serialization_format,
            offered_qos_profiles=topic.qos,
        )

    def _add_output(self, writer: Writer, name: str) -> Connection:
        known = [topic for topic in self._topics if topic.key.msgtype == self._output_type]
        if known:  # a type has one definition in a bag
            like = known[0]._replace(key=known[0].key._replace(name=name), qos=(_QOS,))
            return self._add_topic(writer, like._replace(serialization_format='cdr'))
        return writer.add_connection(
            name, self._output_type, typestore=get_types(), offered_qos_profiles=[_QOS]
        )


def _find_definition(msgtype: str) -> str:
    """Find the definition of a type; up to Humble a database has none."""
    types = get_typestore(Stores.ROS2_HUMBLE)
    return types.generate_msgdef(msgtype, ros_version=2)[0] if msgtype in types.types else ''


def _read_metadata(folder: Path) -> dict[str, Any]:
    """Read what the library wrote about a file, and make sure that the file is on the disk."""
    metadata = yaml.safe_load((folder / 'metadata.yaml').read_text())
    information: dict[str, Any] = metadata['rosbag2_bagfile_information']
    for entry in information['topics_with_message_count']:
        topic = entry['topic_metadata']
        topic['type_description_hash'] = topic['type_description_hash'].replace(NO_HASH, '')
    for name in information['relative_file_paths']:
        with open(folder / name, 'rb') as file:
            os.fsync(file.fileno())
    return information
