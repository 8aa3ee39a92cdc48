"""Hear the compressed overlays of a node; the only module of the page that imports ROS."""

from __future__ import annotations

import threading
import time
from typing import Any

from rclpy.context import Context
from rclpy.exceptions import InvalidTopicNameException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import HistoryPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage

PERIOD_S = 0.1
"""Between two looks at who watches."""
IDLE_S = 5.0
"""Without anybody who watches, until the node is no longer made to compute overlays."""
QOS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""Hears every publisher."""


class OverlayListener:
    """
    Keeps the newest overlay, and has a subscription only while somebody asks for it.

    All of ROS happens on one thread; the others wait for what it has found.

    :ivar problem: why there is no image
    """

    def __init__(self, topic: str) -> None:
        """
        Join the ROS graph.

        :param topic: of CompressedImage messages with JPEGs
        :raises ValueError: if that is no name of a topic
        :raises RuntimeError: if the graph cannot be joined
        """
        self.problem = ''
        self._topic = topic
        self._changed = threading.Condition()
        self._newest = (0, b'')
        self._asked_s = time.monotonic()
        self._is_closed = False
        self._context = Context()
        self._context.init()
        self._node = Node('segnet_web', context=self._context, enable_rosout=False)
        self._subscription: Any = None
        try:
            self._subscribe()
        except InvalidTopicNameException as error:
            self._context.try_shutdown()
            raise ValueError(
                f"expected the name of a topic, found '{topic}'; correct --live-topic"
            ) from error
        self._thread = threading.Thread(target=self._listen, name='overlays', daemon=True)
        self._thread.start()

    def wait_for_newer(self, sequence: int, timeout_s: float) -> tuple[int, bytes] | None:
        """
        Wait for an image.

        :param sequence: number of the last one that is known, 0 for none
        :return: number and JPEG; None if there is no other in time
        """
        with self._changed:
            self._asked_s = time.monotonic()
            is_there = self._changed.wait_for(lambda: self._has_other(sequence), timeout_s)
            return self._newest if is_there else None

    def close(self) -> None:
        """Leave the graph."""
        self._is_closed = True
        self._thread.join()

    def _has_other(self, sequence: int) -> bool:
        """Tell whether there is another image; a number may be of a server that ran before."""
        number, image = self._newest
        return bool(image) and number != sequence

    def _listen(self) -> None:
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(self._node)
        while not self._is_closed:
            executor.spin_once(timeout_sec=PERIOD_S)
            self._follow_watchers()
        executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _follow_watchers(self) -> None:
        """Subscribe while somebody watches, and note what there is to say where nothing comes."""
        is_watched = time.monotonic() - self._asked_s < IDLE_S
        if is_watched and self._subscription is None:
            self._subscribe()
        elif not is_watched and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
            self._newest = (self._newest[0], b'')  # too old for whoever watches next
        if is_watched:
            self.problem = self._describe_silence()

    def _subscribe(self) -> None:
        self._subscription = self._node.create_subscription(
            CompressedImage, self._topic, self._keep, QOS
        )

    def _keep(self, message: Any) -> None:
        with self._changed:
            self._newest = (self._newest[0] + 1, bytes(message.data))
            self._changed.notify_all()

    def _describe_silence(self) -> str:
        name = self._node.resolve_topic_name(self._topic)
        if self._node.count_publishers(name):
            return f'expected images on {name}, found that no new ones come; does its camera run?'
        return (
            f'expected a node that publishes {name}, found none; start it (ros2 launch segnet_ros'
            ' segnet.launch.py), or name another topic with segnet_web --live-topic'
        )
