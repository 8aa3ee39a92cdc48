"""The demo's audience: listens to source and node, and keeps what is worth showing."""

from __future__ import annotations

from pathlib import Path
import time

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.node.demonstration.overlay_video import OverlayVideo
from segnet_ros.node.images.conversions import image_to_rgb
from segnet_ros.node.images.conversions import read_stamp
from sensor_msgs.msg import Image

TRUTHS_KEPT = 300
"""Label images of the source that wait for the node's, ten seconds at 30 Hz."""
QUEUE_DEPTH = 100
"""Images that may wait while the video is written."""
SHOTS_KEPT = 24
"""Overlays in memory; when there are more, every other is left out."""


class Recorder:
    """
    Subscribe to the node's outputs; for use as a context manager.

    :ivar count: label images of the node so far
    :ivar compared: how many of them have met their truth
    :ivar has_truth: whether the source publishes labels
    :ivar matrix: of the node's labels against the source's; means something if ``is_comparable``
    :ivar status: values of the last diagnostics message, by key
    :ivar shots: overlays spread over the recording, RGB
    """

    def __init__(self, video_path: Path) -> None:
        """
        Join the ROS graph.

        :param video_path: where the overlays are written as they arrive
        """
        self.count = 0
        self.compared = 0
        self.has_truth = False
        self._classes = load_label_set('camvid').names
        self.matrix = ConfusionMatrix(len(self._classes))
        self.status: dict[str, str] = {}
        self.shots: list[NDArray[np.uint8]] = []
        self._overlays = 0
        self._shot_stride = 1
        self._truths: dict[int, NDArray[np.uint8]] = {}
        self._arrivals: list[float] = []
        self._video = OverlayVideo(video_path)
        self._status_from_ns = 0
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node('recorder')
        for message_type, topic, callback in (
            (Image, 'label', self._keep_truth),
            (Image, 'segnet/label', self._compare),
            (Image, 'segnet/overlay', self._record),
            (DiagnosticArray, '/diagnostics', self._note_status),
        ):
            self._node.create_subscription(message_type, topic, callback, QUEUE_DEPTH)

    def __enter__(self) -> Recorder:
        """Record from here on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the ROS graph and close the video."""
        self._video.close()
        self._node.destroy_node()
        try_shutdown()

    @property
    def rate(self) -> float:
        """Label images per second; nan with less than two."""
        if len(self._arrivals) < 2:
            return float('nan')
        return (len(self._arrivals) - 1) / (self._arrivals[-1] - self._arrivals[0])

    def spin_once(self) -> None:
        """Handle one message, or wait for one for a moment."""
        rclpy.spin_once(self._node, timeout_sec=0.1)

    def forget_status(self) -> None:
        """Wait for a diagnostics message that is made from now on."""
        self.status = {}
        self._status_from_ns = time.time_ns()

    @property
    def is_idle(self) -> bool:
        """Whether the node, by its last diagnostics message, has dealt with every image."""
        status = self.status
        return bool(status) and status['waiting'] == status['in progress'] == '0'

    @property
    def is_complete(self) -> bool:
        """Whether every label image and overlay that the node has published is here."""
        return min(self.count, self._overlays) >= int(self.status['processed'])

    @property
    def is_comparable(self) -> bool:
        """Whether the node, by its last diagnostics message, has the classes of the truth."""
        return self.status.get('classes') == ', '.join(self._classes)

    def _keep_truth(self, message: Image) -> None:
        self.has_truth = True
        self._truths[read_stamp(message.header)] = _read_label(message)
        if len(self._truths) > TRUTHS_KEPT:
            del self._truths[min(self._truths)]

    def _compare(self, message: Image) -> None:
        self.count += 1
        self._arrivals.append(time.monotonic())
        label = _read_label(message)
        truth = self._truths.pop(read_stamp(message.header), None)
        if truth is not None and label.max() < len(self._classes):
            self.matrix.update(label, truth)
            self.compared += 1

    def _record(self, message: Image) -> None:
        overlay = image_to_rgb(message)
        self._video.write(overlay)
        if self._overlays % self._shot_stride == 0:
            self.shots.append(overlay)
        self._overlays += 1
        if len(self.shots) > SHOTS_KEPT:
            self.shots = self.shots[::2]
            self._shot_stride *= 2

    def _note_status(self, message: DiagnosticArray) -> None:
        if read_stamp(message.header) >= self._status_from_ns:
            self.status = {entry.key: entry.value for entry in message.status[0].values}


def _read_label(message: Image) -> NDArray[np.uint8]:
    return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width)
