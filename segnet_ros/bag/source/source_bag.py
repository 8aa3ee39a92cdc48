"""The bag that is read: its files, topics and metadata."""

from __future__ import annotations

from collections import Counter
import json
from pathlib import Path
import re
from typing import Any

from segnet_ros.bag.source.messages import BagFile
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import Topic
from segnet_ros.bag.source.messages import TopicKey
from segnet_ros.bag.source.open_file import COMPRESSED
from segnet_ros.bag.source.open_file import open_file
from segnet_ros.bag.source.open_file import STORAGES
import yaml

METADATA = 'metadata.yaml'
LABELINGS = 'segnet_ros'
"""Key of the custom data in which a list of them is."""
SUFFIXES = (*STORAGES, *(suffix + COMPRESSED for suffix in STORAGES))


class SourceBag:
    """
    A bag with all of its files.

    :ivar files: in the order of playing
    :ivar topics: of all files, each once
    :ivar counts: messages by topic, as far as known before reading
    :ivar metadata: what metadata.yaml says; empty if there is none
    :ivar labelings: what this package has written of earlier labelings of it, the first one first
    :ivar damage: what is wrong with the bag beside what is wrong with its files
    """

    def __init__(self, path: Path, folder: Path) -> None:
        """
        Open all files.

        :param path: folder of a bag, or a single file of one
        :param folder: for what has to be decompressed first
        :raises OSError: if something cannot be read
        :raises ValueError: if it is not a bag
        """
        self.damage: list[str] = []
        self.metadata = self._read_metadata(path)
        self.labelings = self._read_labelings()
        paths = self._find_files(path)
        self.storage = STORAGES[Path(paths[0].name.removesuffix(COMPRESSED)).suffix]
        self.files = self._open_files(paths, folder)
        self.fingerprint = [_describe_file(one) for one in paths]
        self.topics = self._join_topics()
        self.counts: Counter[TopicKey] = Counter()
        for file in self.files:
            self.counts += file.counts

    @property
    def is_compressed(self) -> bool:
        """Whether the storage compresses its chunks."""
        return any(file.is_compressed for file in self.files)

    def read_first(self, key: TopicKey) -> Message | None:
        """Read the first message of a topic; None if there is none."""
        return next(filter(None, (file.read_first(key) for file in self.files)), None)

    def _read_labelings(self) -> list[dict[str, Any]]:
        try:
            found = json.loads(self.metadata.get('custom_data', {}).get(LABELINGS, '[]'))
        except (ValueError, TypeError):  # of another program
            return []
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def _read_metadata(self, path: Path) -> dict[str, Any]:
        if not path.exists():
            raise FileNotFoundError(f"no bag at '{path}': expected a folder or file of rosbag2")
        file = path / METADATA
        try:
            metadata = yaml.safe_load(file.read_text())['rosbag2_bagfile_information']
            if metadata['relative_file_paths']:
                return {**metadata, 'custom_data': dict(metadata.get('custom_data') or {})}
        except (FileNotFoundError, NotADirectoryError):
            if path.is_dir():
                self.damage.append(f'{METADATA}: there is none, as of a recorder that was killed')
        except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, ValueError):
            self.damage.append(f'{METADATA}: it is damaged, and was left out of account')
        return {}

    def _find_files(self, path: Path) -> list[Path]:
        """
        Find the files, in the order of playing.

        :raises ValueError: if there is none
        """
        if path.is_file():
            found = [path] if path.name.endswith(SUFFIXES) else []
        elif self.metadata:
            named = [path / Path(one).name for one in self.metadata['relative_file_paths']]
            found = [one for one in named if one.exists()]
            self.damage += [f'{one.name}: it is missing' for one in named if one not in found]
        else:
            found = sorted(
                (one for one in path.iterdir() if one.name.endswith(SUFFIXES)),
                key=lambda one: [int(part) for part in re.findall(r'\d+', one.name)],
            )
        if not found:
            raise ValueError(
                f"expected a bag in '{path}', with files {', '.join(SUFFIXES)}, found none;"
                ' check the path (a bag of ROS 1 has to be converted first, by rosbags-convert)'
            )
        return found

    def _open_files(self, paths: list[Path], folder: Path) -> list[BagFile]:
        """
        Open all files in which there is something.

        :raises ValueError: if there is none
        """
        files = []
        for path in paths:
            try:
                files.append(open_file(path, folder))
            except ValueError as error:
                if path == paths[-1] and not files:
                    raise
                self.damage.append(f'{path.name}: nothing in it can be read ({error})')
        return files

    def _join_topics(self) -> list[Topic]:
        """Take each topic once, with the QoS of all of its publishers and the hash of its type."""
        digests = self._read_digests()
        joined: dict[TopicKey, Topic] = {}
        for topic in (topic for file in self.files for topic in file.topics):
            known = joined.setdefault(topic.key, topic)
            qos = known.qos + tuple(one for one in topic.qos if one not in known.qos)
            definition = known.definition if known.definition.data else topic.definition
            digest = known.digest or topic.digest or digests.get(topic.key, '')
            joined[topic.key] = known._replace(qos=qos, definition=definition, digest=digest)
        return list(joined.values())

    def _read_digests(self) -> dict[TopicKey, str]:
        """Read the hashes of types from the metadata; in mcap files they are not always."""
        entries = self.metadata.get('topics_with_message_count') or []
        topics = [entry['topic_metadata'] for entry in entries]
        return {
            TopicKey(one['name'], one['type']): one.get('type_description_hash') or ''
            for one in topics
        }


def _describe_file(path: Path) -> list[Any]:
    """Describe what shows that a file has changed: its name, size and time."""
    status = path.stat()
    return [path.name, status.st_size, status.st_mtime_ns]
