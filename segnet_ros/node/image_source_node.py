"""The node behind `segnet_image_source`: parameters, topics, timing and its end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import itertools
import time

import cv2
import rclpy
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.duration import Duration
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rclpy.utilities import remove_ros_args
from rclpy.utilities import try_shutdown
from segnet_ros.node.camera_info import make_camera_info
from segnet_ros.node.conversions import fill_image
from segnet_ros.node.exit_signals import ExitSignals
from segnet_ros.node.exit_signals import leave
from segnet_ros.node.image_source_parameters import SourceParameters
from segnet_ros.node.image_supply import open_supply
from segnet_ros.node.image_supply import SuppliedImage
from segnet_ros.node.image_supply import SupplyError
from segnet_ros.node.parameter_record import declare_parameters
from segnet_ros.node.parameter_record import describe_parameters
from segnet_ros.node.parameter_record import ParameterError
from segnet_ros.node.prefetcher import Prefetcher
from segnet_ros.node.schedule import Schedule
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from std_msgs.msg import Header

LOGGER = get_logger('segnet_image_source')
"""For what is said while ROS is down: the node's own logger would try to publish it."""
SETTLING_S = 0.5
"""From the moment a subscriber is known here until the publisher is surely known there."""
QUEUE_DEPTH = 5
"""Images kept for readers that still miss parts of them; readers decide how many they keep."""


class ImageSource(Node):
    """
    Publishes one image per tick of a steady clock.

    :ivar finished: done once the last image is published; has the error that ended it, if any
    """

    def __init__(self) -> None:
        super().__init__('image_source')
        self.parameters = parameters = declare_parameters(self, SourceParameters)
        self.finished: Future[None] = Future()
        supply = open_supply(
            parameters.source,
            size=parameters.size,
            rate=parameters.rate,
            loop=parameters.loop,
            seed=parameters.seed,
            speed=parameters.speed,
            scenes=parameters.scenes,
        )
        reliability = ReliabilityPolicy[parameters.reliability.upper()]
        qos = QoSProfile(depth=QUEUE_DEPTH, reliability=reliability)
        self._image_publisher = self.create_publisher(Image, 'image_raw', qos)
        self._info_publisher = self.create_publisher(CameraInfo, 'camera_info', qos)
        if supply.has_labels:
            self._label_publisher = self.create_publisher(Image, 'label', qos)
        self._image = Image()
        self._label = Image()
        self._schedule = Schedule(parameters.rate)
        self._alone_at = time.monotonic()
        images = itertools.islice(supply.images, parameters.count or None)
        self._prefetcher = Prefetcher(images, 1 if supply.is_live else 4, supply.is_live)
        self._timer = self.create_timer(
            1.0 / parameters.rate, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self.get_logger().info(
            f'publishing {supply.description} on {self._image_publisher.topic_name} '
            f'at {parameters.rate:g} Hz, {parameters.reliability}'
        )

    def interrupt(self) -> None:
        """End the publishing now; safe from any thread."""
        self.finished.set_result(None)

    def complete(self) -> None:
        """
        Wait up to a second until reliable readers have the last image.

        :raises SupplyError: if an error of the source ended the publishing
        """
        self.finished.result()
        if hasattr(self._image_publisher, 'wait_for_all_acked'):
            self._image_publisher.wait_for_all_acked(Duration(seconds=1.0))

    def close(self) -> bool:
        """
        Stop reading, say what was published, and leave the ROS graph.

        :return: whether reading has ended; an image in preparation can take longer
        """
        self._timer.cancel()
        has_ended = self._prefetcher.stop()
        LOGGER.info(f'published {self._schedule}')
        self.destroy_node()
        return has_ended

    def _tick(self) -> None:
        """Publish the next image if it is ready and enough subscribers are there."""
        if not self._schedule.published and not self._has_subscribers():
            return
        try:
            supplied = self._prefetcher.take()
        except SupplyError as error:
            self._timer.cancel()
            self.finished.set_exception(error)
            return
        if supplied is not None:
            self._publish(supplied)
            self._schedule.count()
        elif self._prefetcher.is_exhausted:
            self._timer.cancel()
            self.finished.set_result(None)
            return
        if self._schedule.is_late():
            self.get_logger().warning(
                f'expected {self.parameters.rate:g} images per second, found that the source '
                'cannot keep up; lower rate, or height and width, or prepare rendered scenes by '
                'the parameter scenes'
            )

    def _has_subscribers(self) -> bool:
        """Tell whether there are enough, and for long enough to miss nothing."""
        wanted = self.parameters.wait_for_subscribers
        if self._image_publisher.get_subscription_count() < wanted:
            self._alone_at = time.monotonic()
        return not wanted or time.monotonic() - self._alone_at > SETTLING_S

    def _publish(self, supplied: SuppliedImage) -> None:
        """Publish what belongs to one image under one header; the image comes last."""
        stamp = self.get_clock().now().to_msg()
        header = Header(stamp=stamp, frame_id=self.parameters.frame_id)
        height, width = supplied.image.shape[:2]
        self._info_publisher.publish(make_camera_info(height, width, header))
        if supplied.label is not None:
            fill_image(self._label, supplied.label, 'mono8', header)
            self._label_publisher.publish(self._label)
        fill_image(self._image, supplied.image, 'rgb8', header)
        self._image_publisher.publish(self._image)


def run(args: Sequence[str], signals: ExitSignals) -> int:
    """
    Publish until it is done or interrupted, and report problems in one line.

    :param args: command line with the program's name first
    :param signals: the process's, listening already
    :return: exit status
    """
    cv2.setNumThreads(1)  # leaves the other cores to who works on the images
    try:
        publish_images(args, signals)
    except (ParameterError, SupplyError) as error:
        LOGGER.fatal(str(error))
        return 1
    finally:
        try_shutdown()
    return 0


def publish_images(args: Sequence[str], signals: ExitSignals) -> None:
    """Start ROS, publish all images, and clean up whatever happens."""
    start_ros(args)
    node = ImageSource()
    try:
        signals.on_request(node.interrupt)
        if not signals.requested.is_set():
            rclpy.spin_until_future_complete(node, node.finished)
        if not signals.requested.is_set():
            node.complete()
    finally:
        has_ended = node.close()
    if not has_ended:  # C++ code in a thread that meets the end of the interpreter aborts
        try_shutdown()
        leave(0)


def start_ros(args: Sequence[str]) -> None:
    """
    Check the command line and initialize rclpy, which leaves the signals alone.

    :raises ParameterError: if rclpy refuses the command line
    """
    try:
        parse_arguments(remove_ros_args(args)[1:])
        rclpy.init(args=list(args), signal_handler_options=SignalHandlerOptions.NO)
    except (rclpy_implementation.RCLError, rclpy_implementation.UnknownROSArgsError) as error:
        raise ParameterError(
            'command line',
            'ROS arguments like --ros-args -p rate:=10.0',
            f'others ({error})',
            'correct it; --help lists the parameters',
        ) from error


def parse_arguments(args: Sequence[str]) -> None:
    """
    Answer --help, and refuse whatever else is not for ROS.

    :param args: what is left of the command line without the program's name and ROS's part
    """
    parser = argparse.ArgumentParser(
        prog='segnet_image_source',
        usage='%(prog)s [--ros-args -p NAME:=VALUE ... -r image_raw:=/camera/image_raw]',
        description='Publish a video, a folder of images, a webcam or rendered street scenes as '
        'image_raw and camera_info; rendered scenes also as label, with the exact class ids.',
        epilog='parameters and their defaults:\n' + describe_parameters(SourceParameters),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(args)
