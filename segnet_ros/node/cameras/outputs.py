"""The output topics of one camera."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy
from rclpy.qos import HistoryPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from segnet_ros.images.outputs import OUTPUT_ENCODINGS
from segnet_ros.images.outputs import WITH_LOSS
from segnet_ros.node.cameras.camera_info import scale_camera_info
from segnet_ros.node.cameras.camera_info import Size
from segnet_ros.node.images.compression import fill_jpeg
from segnet_ros.node.images.compression import fill_png
from segnet_ros.node.images.conversions import fill_image
from segnet_ros.node.parameters.segnet_parameters import Parameters
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header


class Outputs:
    """
    Publish predictions as images, raw and compressed; for one thread at a time.

    :ivar lock: to be held while something is published, so that another thread can wait for it
    """

    def __init__(self, node: Node, camera: str) -> None:
        """
        Advertise all topics; work is done only for those with subscribers.

        :param camera: its name, may be empty
        """
        self.lock = threading.Lock()
        prefix = f'~/{camera}/' if camera else '~/'
        self._raw = {name: advertise(node, Image, prefix + name) for name in OUTPUT_ENCODINGS}
        self._compressed = {
            name: advertise(node, CompressedImage, f'{prefix}{name}/compressed')
            for name in OUTPUT_ENCODINGS
        }
        self._info = advertise(node, CameraInfo, f'{prefix}camera_info')
        self._images = {name: Image() for name in OUTPUT_ENCODINGS}
        self._files = {name: CompressedImage() for name in OUTPUT_ENCODINGS}

    @property
    def topics(self) -> tuple[str, ...]:
        """Resolved names of the image topics."""
        return tuple(publisher.topic_name for publisher in self._raw.values())

    @property
    def publishers(self) -> tuple[Publisher[Any], ...]:
        """Of all topics: raw, compressed, and the calibration."""
        return (*self._raw.values(), *self._compressed.values(), self._info)

    def subscribed(self) -> tuple[str, ...]:
        """Name the outputs that someone subscribes to, raw or compressed."""
        return tuple(
            name
            for name in OUTPUT_ENCODINGS
            if _is_heard(self._raw[name]) or _is_heard(self._compressed[name])
        )

    @property
    def is_info_heard(self) -> bool:
        """Whether anyone subscribes to the calibration."""
        return _is_heard(self._info)

    def publish(
        self, name: str, array: NDArray[np.uint8], header: Header, parameters: Parameters
    ) -> None:
        """
        Publish one output, raw, compressed or both, as it is subscribed to.

        :param name: a key of ``OUTPUT_ENCODINGS``
        :param array: uint8, (H, W) for mono8 or (H, W, 3) for rgb8
        :param header: of the input image, passed on unchanged
        :param parameters: say how to compress
        """
        if _is_heard(self._raw[name]):
            image = self._images[name]
            fill_image(image, array, OUTPUT_ENCODINGS[name], header)
            self._raw[name].publish(image)
        if _is_heard(self._compressed[name]):
            file = self._files[name]
            if name in WITH_LOSS:
                fill_jpeg(file, array, header, parameters.jpeg_quality)
            else:
                fill_png(file, array, header, parameters.png_level)
            self._compressed[name].publish(file)

    def publish_info(
        self, info: CameraInfo, header: Header, image_size: Size, output_size: Size
    ) -> None:
        """
        Publish the calibration that belongs to the outputs of an image.

        :param info: of the camera
        :param header: of the input image
        :param image_size: height and width of the input image
        :param output_size: of its outputs
        """
        self._info.publish(scale_camera_info(info, header, image_size, output_size))


def advertise(
    node: Node,
    kind: type[Any],
    topic: str,
    durability: DurabilityPolicy = DurabilityPolicy.VOLATILE,
) -> Publisher[Any]:
    """
    Advertise a topic of which the last message counts.

    :param durability: transient local where late subscribers shall hear it, too
    """
    return node.create_publisher(
        kind,
        topic,
        QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=1,
            reliability=ReliabilityPolicy.RELIABLE,
            durability=durability,
        ),
        qos_overriding_options=QoSOverridingOptions.with_default_policies(),
    )


def _is_heard(publisher: Publisher[Any]) -> bool:
    return publisher.get_subscription_count() > 0
