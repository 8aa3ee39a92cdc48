"""A video file that takes images of any size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.demonstration.errors import DemoError

RATE = 5.0
"""Images per second in the video."""


class OverlayVideo:
    """
    Write a video of the size of its first image, made even as codecs want it.

    :param path: to write to, an MP4 file; created with the first image
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = (0, 0)
        self._writer: cv2.VideoWriter | None = None

    def write(self, image: NDArray[np.uint8]) -> None:
        """
        Append an image.

        :param image: RGB, uint8 (H, W, 3)
        :raises DemoError: if OpenCV cannot write the file
        """
        if self._writer is None:
            height, width = image.shape[:2]
            self._size = (max(2, width - width % 2), max(2, height - height % 2))
            codec = cv2.VideoWriter.fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self._path), codec, RATE, self._size)
            if not self._writer.isOpened():
                raise DemoError(
                    f"expected to write a video to '{self._path}', found that OpenCV cannot; "
                    'check the folder, or install OpenCV with FFmpeg'
                )
        if image.shape[1::-1] != self._size:
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Complete the file."""
        if self._writer is not None:
            self._writer.release()
