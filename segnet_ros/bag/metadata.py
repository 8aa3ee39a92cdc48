"""metadata.yaml of a bag of several files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ROOT = 'rosbag2_bagfile_information'


def join_metadata(parts: Sequence[dict[str, Any]], source: dict[str, Any]) -> dict[str, Any]:
    """
    Join what metadata.yaml says of bags of one file each, that have the same topics.

    :param parts: at least one
    :param source: what it says of the bag that the messages are from; may be empty
    :return: the content of the file
    """
    joined = dict(parts[0])
    files = [file for part in parts for file in part['files']]
    begin, end = _find_range([file for file in files if file['message_count']] or files[:1])
    joined |= {
        'relative_file_paths': [name for part in parts for name in part['relative_file_paths']],
        'files': files,
        'starting_time': {'nanoseconds_since_epoch': begin},
        'duration': {'nanoseconds': end - begin},
        'message_count': sum(part['message_count'] for part in parts),
        'topics_with_message_count': _join_topics(parts),
        'ros_distro': source.get('ros_distro') or joined['ros_distro'],
    }
    return {ROOT: joined}


def _find_range(files: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Find the first and the last stamp, in ns."""
    begins = [file['starting_time']['nanoseconds_since_epoch'] for file in files]
    durations = [file['duration']['nanoseconds'] for file in files]
    return min(begins), max(map(sum, zip(begins, durations, strict=True)))


def _join_topics(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    lists = [part['topics_with_message_count'] for part in parts]
    return [
        {**topics[0], 'message_count': sum(topic['message_count'] for topic in topics)}
        for topics in zip(*lists, strict=True)
    ]
