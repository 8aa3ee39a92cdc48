"""Warnings that are given once and say what to do."""

from __future__ import annotations

from collections.abc import Collection
import time
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from segnet_ros.node.age import CLOCK_MISMATCH
from segnet_ros.node.camera import Camera
from segnet_ros.node.dds_settings import name_profile_variable
from segnet_ros.node.deafness import find_deafness
from segnet_ros.node.share import find_shared_file

SILENCE_S = 5.0
"""Wait for the first image before the graph is searched for another one."""
SEGMENT_SIZE = 500_000
"""Bytes; the shared-memory segment of Fast DDS has 512 KB if nothing else is configured."""
ENOUGH_IMAGES = 30
"""Sent images that are needed to speak of a rate."""


class Adviser:
    """
    Watch one camera for trouble that users meet; for the thread of the executor.

    :ivar advice: what is wrong at present and what to do; empty if nothing is
    """

    def __init__(
        self,
        node: Node,
        camera: Camera,
        own_topics: Collection[str],
        publishers: Collection[Publisher[Any]],
    ) -> None:
        """
        Prepare.

        :param own_topics: resolved names of image topics not to propose
        :param publishers: of what belongs to the camera
        """
        self._node = node
        self._camera = camera
        self._own_topics = own_topics
        self._publishers = publishers
        self.advice = ''
        self._was_given: set[str] = set()

    def check(self) -> None:
        """Look for trouble, and warn of each kind once; to be called once a second."""
        kind, self.advice = self._find_trouble()
        self._warn(kind, self.advice)
        if self._camera.ages.summary().is_mismatched:  # the status tells of it by itself
            self._warn('clock', f'{self._camera.topic}: {CLOCK_MISMATCH}')

    def _warn(self, kind: str, text: str) -> None:
        if text and kind not in self._was_given:
            self._was_given.add(kind)
            self._node.get_logger().warning(text)

    def _find_trouble(self) -> tuple[str, str]:
        """Find the kind of the most important trouble, and say what to do about it."""
        received = self._camera.slot.counts().received
        if received == 0 and time.monotonic() - self._camera.last_arrival > SILENCE_S:
            return 'silence', self._explain_silence()
        if self._loses_big_images(received):
            return 'loss', self._explain_loss(received)
        deafness = find_deafness(self._node, self._publishers)
        return (f'deaf {deafness.topic}', deafness.text) if deafness else ('', '')

    def _loses_big_images(self, received: int) -> bool:
        """Whether less than half of what the camera sent arrives; for best effort only."""
        lost = self._camera.lost or 0
        return (
            self._camera.reliability == 'best_effort'
            and self._camera.data_size > SEGMENT_SIZE
            and received + lost >= ENOUGH_IMAGES
            and lost > received
        )

    def _explain_loss(self, received: int) -> str:
        lost = self._camera.lost or 0
        return (
            f'{self._camera.topic}: {lost} of {received + lost} best-effort images of '
            f'{self._camera.data_size} bytes were lost: they do not fit into the shared memory of '
            f"Fast DDS. Start the camera's process with {_describe_profile()}, or let it publish "
            'reliably'
        )

    def _explain_silence(self) -> str:
        topic = self._camera.topic
        if self._camera.is_deaf:
            return (
                f'no image on {topic} for {SILENCE_S:.0f} s: it has a best-effort publisher,'
                ' which a reliable subscription does not hear; set input_reliability to auto'
            )
        if self._camera.publishers:
            return (
                f'no image on {topic} for {SILENCE_S:.0f} s: it has a publisher, but nothing '
                f"arrives. Is the camera running? Is the topic's type {self._camera.type_name}? "
                f"If images are big, start the camera's process with {_describe_profile()}"
            )
        others = self._published_image_topics()
        if others:
            return (
                f'no image on {topic} for {SILENCE_S:.0f} s: nobody publishes it. Image topics '
                f'here: {", ".join(others)}. To use one: '
                f'--ros-args --remap {self._camera.subscribed_name}:={others[0]}'
            )
        return (
            f'no image on {topic} for {SILENCE_S:.0f} s: nobody publishes it, nor any other image '
            'topic. Is the camera running, with the same ROS_DOMAIN_ID?'
        )

    def _published_image_topics(self) -> list[str]:
        """List what the camera's topic could be remapped to."""
        # Compressed images are heard beside the topic that is remapped.
        published = (
            name.removesuffix('/compressed')
            for name, types in self._node.get_topic_names_and_types()
            if self._camera.type_name in types and self._node.count_publishers(name) > 0
        )
        return sorted(set(published) - set(self._own_topics))


def _describe_profile() -> str:
    name = 'config/fastdds.xml'
    try:
        path = str(find_shared_file(name))
    except FileNotFoundError:  # advice must not end the node
        path = name
    return f'{name_profile_variable()}={path}'
