"""The calibration of a camera, as it was heard last."""

from __future__ import annotations

import posixpath

from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription
from segnet_ros.node.cameras.topic_names import find_topic_beside
from sensor_msgs.msg import CameraInfo

NAME = 'camera_info'
"""Of the topic, in the namespace of the images."""


class Calibration:
    """
    Hear the ``camera_info`` of a camera, and keep the latest as it was sent.

    rclpy would make arrays of each, though hardly one is ever looked at.
    """

    def __init__(self, node: Node, image_name: str) -> None:
        """
        Prepare; nothing is subscribed yet.

        :param image_name: of the image topic, before remapping
        :raises TopicError: if the remappings leave no name for it
        """
        self._node = node
        self._heard = find_topic_beside(
            node,
            posixpath.join(posixpath.dirname(image_name), NAME),
            posixpath.join(posixpath.dirname(node.resolve_topic_name(image_name)), NAME),
        )
        self._subscription: Subscription[CameraInfo] | None = None
        self._latest: bytes | None = None

    def subscribe(self) -> None:
        """Begin to listen."""
        self._subscription = self._node.create_subscription(
            CameraInfo, self._heard.name, self._keep, qos_profile_sensor_data, raw=True
        )

    def unsubscribe(self) -> None:
        """Listen no more, and forget."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = self._latest = None

    def read(self) -> CameraInfo | None:
        """Read the latest; from any thread. None if there is none."""
        latest = self._latest
        return None if latest is None else deserialize_message(latest, CameraInfo)

    def _keep(self, serialized: bytes) -> None:
        self._latest = serialized
