"""Why no image comes, as far as the graph tells."""

from __future__ import annotations

from collections.abc import Collection
from difflib import SequenceMatcher
from typing import NamedTuple

from rclpy.node import Node
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.diagnostics.loss_watch import describe_profile

SILENCE_S = 5.0
"""Wait for the first image before the graph is searched for another one."""
SUFFIXES = {'raw': '', 'compressed': '/compressed'}
"""Of topics by transport; compressed images are beside the topic that is remapped."""
TRANSPORTS = {'sensor_msgs/msg/Image': 'raw', 'sensor_msgs/msg/CompressedImage': 'compressed'}
"""By type of a topic."""


class Source(NamedTuple):
    """A topic with images."""

    base: str
    """What to remap to, in order to hear it."""
    transport: str

    @property
    def topic(self) -> str:
        """Where the images are."""
        return self.base + SUFFIXES[self.transport]


def explain_silence(node: Node, camera: Camera, own_topics: Collection[str]) -> str:
    """
    Say why there was no image yet, and what to do.

    :param own_topics: resolved names of image topics not to propose
    """
    start = f'no image on {camera.topic} for {SILENCE_S:.0f} s'
    if camera.publishers:
        profile = describe_profile()
        big = f"If images are big, start the camera's process with {profile}" if profile else ''
        return (
            f'{start}: it has a publisher, but nothing arrives. Is the camera running? Is the '
            f"topic's type {camera.type_name}? {big}".rstrip()
        )
    wanted = _find_source(camera.topic, camera.type_name)
    assert wanted is not None
    found = _find_others(node, wanted, own_topics)
    if found:
        return (
            f'{start}: nobody publishes it. Image topics here: '
            f'{", ".join(source.topic for source in found)}. To use {found[0].topic}: --ros-args '
            f'{_make_arguments(camera.subscribed_name, wanted, found[0])}'
        )
    return (
        f'{start}: nobody publishes it, nor any other image topic. Is the camera running, with the'
        ' same ROS_DOMAIN_ID?'
    )


def _find_others(node: Node, wanted: Source, own_topics: Collection[str]) -> list[Source]:
    """List what could be heard instead, the likeliest first."""
    found: dict[str, Source] = {}
    for topic, types in node.get_topic_names_and_types():
        for source in (_find_source(topic, name) for name in types):
            if source is None or source.base in own_topics or not node.count_publishers(topic):
                continue
            # What is offered both ways is proposed as it was asked for.
            if source.base not in found or source.transport == wanted.transport:
                found[source.base] = source
    return sorted(found.values(), key=lambda source: _rank(source.base, wanted.base))


def _find_source(topic: str, type_name: str) -> Source | None:
    """Find how a topic is to be heard; None if it has no images, or none that can be."""
    transport = TRANSPORTS.get(type_name, '')
    suffix = SUFFIXES.get(transport)
    if suffix is None or not topic.endswith(suffix):
        return None
    return Source(topic.removesuffix(suffix), transport)


def _rank(topic: str, wanted: str) -> tuple[bool, int, float, str]:
    """Make a key that puts first what is like the wanted name, and images of depth last."""
    common = set(topic.split('/')) & set(wanted.split('/'))
    likeness = SequenceMatcher(None, topic, wanted).ratio()
    return 'depth' in topic.lower(), -len(common), -likeness, topic


def _make_arguments(subscribed_name: str, wanted: Source, found: Source) -> str:
    """Write the arguments that make the node hear what was found."""
    arguments = []
    if found.transport != wanted.transport:
        arguments.append(f'-p image_transport:={found.transport}')
    if found.base != wanted.base:
        arguments.append(f'--remap {subscribed_name}:={found.base}')
    return ' '.join(arguments)
