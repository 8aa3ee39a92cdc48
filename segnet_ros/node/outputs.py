"""The output topics of one camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import HistoryPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from segnet_ros.node.conversions import fill_image
from sensor_msgs.msg import Image
from std_msgs.msg import Header

OUTPUT_ENCODINGS = {'label': 'mono8', 'confidence': 'mono8', 'color': 'rgb8', 'overlay': 'rgb8'}
"""Encoding by output, in the order of publication."""


class Outputs:
    """Publish predictions as images; for the inference thread."""

    def __init__(self, node: Node, camera: str) -> None:
        """
        Advertise all topics; work is done only for those with subscribers.

        :param camera: its name, may be empty
        """
        prefix = f'~/{camera}/' if camera else '~/'
        self._publishers = {
            name: node.create_publisher(
                Image,
                prefix + name,
                QoSProfile(
                    history=HistoryPolicy.KEEP_LAST,
                    depth=1,
                    reliability=ReliabilityPolicy.RELIABLE,
                    durability=DurabilityPolicy.VOLATILE,
                ),
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )
            for name in OUTPUT_ENCODINGS
        }
        self._messages = {name: Image() for name in OUTPUT_ENCODINGS}

    @property
    def topics(self) -> tuple[str, ...]:
        """Resolved names."""
        return tuple(publisher.topic_name for publisher in self._publishers.values())

    def subscribed(self) -> tuple[str, ...]:
        """Name the outputs that someone subscribes to."""
        return tuple(
            name
            for name, publisher in self._publishers.items()
            if publisher.get_subscription_count() > 0
        )

    def publish(self, name: str, array: NDArray[np.uint8], header: Header) -> None:
        """
        Publish one output.

        :param name: a key of ``OUTPUT_ENCODINGS``
        :param array: uint8, (H, W) for mono8 or (H, W, 3) for rgb8
        :param header: of the input image, passed on unchanged
        """
        message = self._messages[name]
        fill_image(message, array, OUTPUT_ENCODINGS[name], header)
        self._publishers[name].publish(message)
