"""The demo's audience: listens to source and node, and keeps what is worth showing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.node.demonstration.overlay_video import OverlayVideo
from segnet_ros.node.images.conversions import image_to_rgb
from segnet_ros.node.images.conversions import read_stamp
from segnet_ros.node.trial.audience import Audience
from segnet_ros.node.trial.audience import QUEUE_DEPTH
from segnet_ros.node.trial.audience import read_label
from sensor_msgs.msg import Image

TRUTHS_KEPT = 300
"""Label images of the source that wait for the node's, ten seconds at 30 Hz."""
SHOTS_KEPT = 24
"""Overlays in memory; when there are more, every other is left out."""


class Recorder(Audience[NDArray[np.uint8]]):
    """
    Hear the truth from the source, too, and record the overlays of the node.

    :ivar compared: how many label images of the node have met their truth
    :ivar has_truth: whether the source publishes labels
    :ivar matrix: of the node's labels against the source's; means something if ``is_comparable``
    :ivar shots: overlays spread over the recording, RGB
    """

    def __init__(self, video_path: Path) -> None:
        """
        Join the ROS graph.

        :param video_path: where the overlays are written as they arrive
        """
        super().__init__('recorder')
        self.compared = 0
        self.has_truth = False
        self._classes = load_label_set('camvid').names
        self.matrix = ConfusionMatrix(len(self._classes))
        self.shots: list[NDArray[np.uint8]] = []
        self._overlays = 0
        self._shot_stride = 1
        self._video = OverlayVideo(video_path)
        self.node.create_subscription(Image, 'label', self._keep_truth, QUEUE_DEPTH)
        self.node.create_subscription(Image, 'segnet/overlay', self._record, QUEUE_DEPTH)

    def __exit__(self, *_: object) -> None:
        """Close the video and leave the ROS graph."""
        self._video.close()
        super().__exit__()

    @property
    def is_complete(self) -> bool:
        """Whether every label image and overlay that the node has published is here."""
        return super().is_complete and self._overlays >= int(self.status['processed'])

    @property
    def is_comparable(self) -> bool:
        """Whether the node, by its last diagnostics message, has the classes of the truth."""
        return self.status.get('classes') == ', '.join(self._classes)

    def take(self, label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> None:
        """Compare a label image with its truth, where it can be compared at all."""
        if label.max() < len(self._classes):
            self.matrix.update(label, truth)
            self.compared += 1

    def _keep_truth(self, message: Image) -> None:
        self.has_truth = True
        self.expect(read_stamp(message.header), read_label(message))
        self.forget_expected(TRUTHS_KEPT)

    def _record(self, message: Image) -> None:
        overlay = image_to_rgb(message)
        self._video.write(overlay)
        if self._overlays % self._shot_stride == 0:
            self.shots.append(overlay)
        self._overlays += 1
        if len(self.shots) > SHOTS_KEPT:
            self.shots = self.shots[::2]
            self._shot_stride *= 2
