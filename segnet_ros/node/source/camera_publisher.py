"""Publish images as a camera does: with calibration, and with the truth where that is known."""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from segnet_ros.node.images.conversions import fill_image
from segnet_ros.node.images.conversions import read_stamp
from segnet_ros.node.images.image_readers import SuppliedImage
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from std_msgs.msg import Header

QUEUE_DEPTH = 5
"""Images kept for readers that still miss parts of them; readers decide how many they keep."""


class CameraPublisher:
    """Publish ``image_raw`` and ``camera_info``, and ``label`` of images whose truth is known."""

    def __init__(
        self,
        node: Node,
        frame_id: str,
        reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
        has_labels: bool = False,
    ) -> None:
        """
        Advertise the topics.

        :param frame_id: coordinate frame of the header
        :param has_labels: whether ``label`` is among them
        """
        qos = QoSProfile(depth=QUEUE_DEPTH, reliability=reliability)
        self._image_publisher = node.create_publisher(Image, 'image_raw', qos)
        self._info_publisher = node.create_publisher(CameraInfo, 'camera_info', qos)
        self._label_publisher = node.create_publisher(Image, 'label', qos) if has_labels else None
        self._clock = node.get_clock()
        self._frame_id = frame_id
        self._image = Image()
        self._label = Image()

    @property
    def topic(self) -> str:
        """Resolved name of the topic of the images."""
        return self._image_publisher.topic_name

    @property
    def subscribers(self) -> int:
        """How many hear the images."""
        return self._image_publisher.get_subscription_count()

    def publish(self, supplied: SuppliedImage) -> int:
        """
        Publish what belongs to one image under one header; the image comes last.

        :return: its stamp, in nanoseconds
        """
        header = Header(stamp=self._clock.now().to_msg(), frame_id=self._frame_id)
        height, width = supplied.image.shape[:2]
        # Matrices of zeros mean uncalibrated; and a rendered street bends as no pinhole shows it.
        self._info_publisher.publish(CameraInfo(header=header, height=height, width=width))
        if self._label_publisher is not None and supplied.label is not None:
            fill_image(self._label, supplied.label, 'mono8', header)
            self._label_publisher.publish(self._label)
        fill_image(self._image, supplied.image, 'rgb8', header)
        self._image_publisher.publish(self._image)
        return read_stamp(header)

    def complete(self) -> None:
        """Wait up to a second until reliable readers have the last image."""
        if hasattr(self._image_publisher, 'wait_for_all_acked'):
            self._image_publisher.wait_for_all_acked(Duration(seconds=1.0))
