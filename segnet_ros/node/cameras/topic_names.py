"""The names of topics that are heard, to which the user's remappings apply once."""

from __future__ import annotations

from typing import NamedTuple

from rclpy.node import Node


class TopicError(RuntimeError):
    """Raised where the remappings leave no name for a topic."""


class HeardTopic(NamedTuple):
    """A topic, under both of its names."""

    name: str
    """What to give to ROS, which remaps every name that it is given, an absolute one, too."""
    topic: str
    """What becomes of it."""


def find_topic(node: Node, name: str) -> HeardTopic:
    """
    Find a topic.

    :param name: before remapping
    """
    return HeardTopic(name, node.resolve_topic_name(name))


def find_topic_beside(node: Node, name: str, sibling: str) -> HeardTopic:
    """
    Find a topic that lies beside another, as image_transport does, unless it was remapped itself.

    :param name: before remapping
    :param sibling: absolute; where it is if it was not remapped
    :raises TopicError: if that cannot be heard, because remappings lead away from there
    """
    found = find_topic(node, name)
    if found.topic != node.resolve_topic_name(name, only_expand=True):
        return found
    elsewhere = node.resolve_topic_name(sibling)
    if elsewhere != sibling:
        raise TopicError(
            f'{name}: expected to hear it as {sibling}, beside its images, found that'
            f' remapped to {elsewhere}; say which is meant, with --remap {name}:={sibling}'
        )
    return HeardTopic(sibling, sibling)
