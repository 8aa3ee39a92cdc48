"""The node behind `segnet_image_source`: parameters, topics, timing and its end."""

from __future__ import annotations

from collections.abc import Sequence
import itertools
import time

import cv2
import rclpy
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.exceptions import ParameterException
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy
from rclpy.task import Future
from rclpy.utilities import try_shutdown
from segnet_ros.node.images.image_readers import SupplyError
from segnet_ros.node.images.prefetcher import Prefetcher
from segnet_ros.node.parameters.record import declare_parameters
from segnet_ros.node.parameters.record import ParameterError
from segnet_ros.node.process.command_line import start_ros
from segnet_ros.node.process.exit_signals import ExitSignals
from segnet_ros.node.source.camera_publisher import CameraPublisher
from segnet_ros.node.source.image_supply import open_supply
from segnet_ros.node.source.pace import Pace
from segnet_ros.node.source.parameters import SourceParameters

LOGGER = get_logger('segnet_image_source')
"""For what is said while ROS is down: the node's own logger would try to publish it."""
SETTLING_S = 0.5
"""From the moment a subscriber is known here until the publisher is surely known there."""


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
        self._description = supply.description
        reliability = ReliabilityPolicy[parameters.reliability.upper()]
        self._camera = CameraPublisher(self, parameters.frame_id, reliability, supply.has_labels)
        self._pace = Pace(parameters.rate)
        self._alone_at = time.monotonic()
        images = itertools.islice(supply.images, parameters.count or None)
        self._prefetcher = Prefetcher(images, 1 if supply.is_live else 4, supply.is_live)
        self._timer = self.create_timer(
            1.0 / parameters.rate, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self.get_logger().info(
            f'publishing {self._description} on {self._camera.topic} '
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
        self._camera.complete()

    def close(self) -> None:
        """Stop reading, say what was published, and leave the ROS graph."""
        self._timer.cancel()
        self._prefetcher.stop()
        LOGGER.info(f'published {self._pace}')
        self.destroy_node()

    def _tick(self) -> None:
        """Publish the next image if it is ready and enough subscribers are there."""
        if not self._pace.published and not self._has_subscribers():
            return
        try:
            supplied = self._prefetcher.take()
        except Exception as error:  # whatever a library raises while it prepares images
            self._timer.cancel()
            self.finished.set_exception(explain(error, self._description))
            return
        if supplied is not None:
            self._camera.publish(supplied)
            self._pace.count()
        elif self._prefetcher.is_exhausted:
            self._timer.cancel()
            self.finished.set_result(None)
            return
        if self._pace.is_late():
            self.get_logger().warning(
                f'expected {self.parameters.rate:g} images per second, found that the source '
                'cannot keep up; lower rate, or height and width, or prepare rendered scenes by '
                'the parameter scenes'
            )

    def _has_subscribers(self) -> bool:
        """Tell whether there are enough, and for long enough to miss nothing."""
        wanted = self.parameters.wait_for_subscribers
        if self._camera.subscribers < wanted:
            self._alone_at = time.monotonic()
        return not wanted or time.monotonic() - self._alone_at > SETTLING_S


def run(args: Sequence[str], signals: ExitSignals) -> int:
    """
    Publish until it is done or interrupted, and report problems in one line.

    :param args: command line, the program's name first
    :param signals: the process's, listening already
    :return: exit status
    """
    cv2.setNumThreads(1)  # leaves the other cores to who works on the images
    try:
        publish_images(args, signals)
    except (ParameterError, ParameterException, SupplyError) as error:
        LOGGER.fatal(str(error))
        return 1
    finally:
        try_shutdown()
    return 0


def explain(error: Exception, description: str) -> SupplyError:
    """Turn any error of a supply into one that says in a line what to do."""
    if isinstance(error, SupplyError):
        return error
    text = ' '.join(f'{type(error).__name__}: {error}'.split())
    return SupplyError(f'expected images from {description}, found {text}; check the source')


def publish_images(args: Sequence[str], signals: ExitSignals) -> None:
    """Start ROS, publish all images, and clean up whatever happens."""
    start_ros(
        args,
        program='segnet_image_source',
        description='Publish a video, a folder of images, a webcam or rendered street scenes as\n'
        'image_raw and camera_info; rendered scenes also as label, with the exact class ids.',
        example='-p source:=drive.mp4 -r image_raw:=/camera/image_raw',
        parameters=SourceParameters,
    )
    node = ImageSource()
    try:
        signals.on_request(node.interrupt)
        if not signals.requested.is_set():
            rclpy.spin_until_future_complete(node, node.finished)
        if not signals.requested.is_set():
            node.complete()
    finally:
        node.close()
