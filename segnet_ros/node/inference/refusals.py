"""Images that cannot be read or encoded: counted each, explained once in a while."""

from __future__ import annotations

import time

from rclpy.impl.rcutils_logger import RcutilsLogger
from segnet_ros.images.image_error import ImageError
from segnet_ros.node.cameras.camera import CameraImage
from segnet_ros.node.cameras.slot import Taken

REPEAT_S = 5.0
"""Pause between two log lines about images refused for the same reason."""


class Refusals:
    """Drop images that are refused, and say why, but not for each of many."""

    def __init__(self, logger: RcutilsLogger) -> None:
        self._logger = logger
        self._explained_at: dict[tuple[str, str], float] = {}

    def add(self, taken: Taken[CameraImage], error: ImageError) -> None:
        """Drop an image in progress; from any thread."""
        camera = taken.item.camera
        camera.refusal = str(error)  # first: who sees the count looks for the reason
        taken.mark_dropped(error.reason)
        key, now = (camera.topic, error.reason), time.monotonic()
        if now - self._explained_at.get(key, -REPEAT_S) >= REPEAT_S:
            self._explained_at[key] = now
            self._logger.error(f'{camera.topic}: image dropped: {error}')
