"""
The names of the classes for those who read label images, as ``vision_msgs/msg/LabelInfo``.

vision_msgs is imported when a node starts; PyPI lacks it. Without it nothing is published, and a
line says so.

Source: README and VisionClass.msg of github.com/ros-perception/vision_msgs: one topic beside each
label image, kept for those who come later; 255 is unlabeled and no class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy
from segnet_ros.node.cameras.outputs import advertise

KEPT = DurabilityPolicy.TRANSIENT_LOCAL
"""For subscribers that come later."""
ABSENCE = (
    'the names of the classes, which Nav2 needs, are not published, because vision_msgs is not'
    ' installed; on a robot: sudo apt install ros-$ROS_DISTRO-vision-msgs'
)


class LabelInfoPublisher:
    """Publish the names of the classes; for the thread of the executor."""

    def __init__(self, node: Node, cameras: Sequence[str]) -> None:
        """
        Advertise a topic per camera, where vision_msgs is installed.

        :param cameras: their names, may be empty
        """
        self._node = node
        self._publishers: dict[str, Publisher[Any]] = {}
        self._published: tuple[Sequence[str], float] | None = None
        try:
            from vision_msgs.msg import LabelInfo
        except ImportError:
            node.get_logger().warning(ABSENCE)
            return
        self._publishers = {
            name: advertise(node, LabelInfo, name_topic(name), KEPT) for name in cameras
        }

    def publishers_of(self, camera: str) -> list[Publisher[Any]]:
        """
        Find the publisher of a camera; none where vision_msgs is not installed.

        :param camera: its name, may be empty
        """
        return [publisher for name, publisher in self._publishers.items() if name == camera]

    def update(self, names: Sequence[str], threshold: float) -> None:
        """
        Publish, unless the same was published last.

        :param names: of the classes, by class id
        :param threshold: confidence below which pixels are unlabeled, 0 to 1
        """
        if not self._publishers or self._published == (names, threshold):
            return
        self._published = names, threshold
        message = _make_message(names, threshold)
        message.header.stamp = self._node.get_clock().now().to_msg()
        for publisher in self._publishers.values():
            publisher.publish(message)


def name_topic(camera: str) -> str:
    """
    Name the topic beside the label images of a camera.

    :param camera: its name, may be empty
    """
    return f'~/{camera}/label_info' if camera else '~/label_info'


def make_entries(names: Sequence[str]) -> list[dict[str, Any]]:
    """
    Make the fields of a ``VisionClass`` for each class, and none for unlabeled.

    Nav2's layer reports every name that its configuration lacks as a critical error.

    :param names: of the classes, by class id
    """
    return [{'class_id': class_id, 'class_name': name} for class_id, name in enumerate(names)]


def _make_message(names: Sequence[str], threshold: float) -> Any:
    from vision_msgs.msg import LabelInfo
    from vision_msgs.msg import VisionClass

    entries = [VisionClass(**entry) for entry in make_entries(names)]
    return LabelInfo(class_map=entries, threshold=threshold)
