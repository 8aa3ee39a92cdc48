"""Read uploaded videos from memory, image by image."""

from __future__ import annotations

import math
import os

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.web.limits import Limits
from segnet_ros.web.refusal import RefusalError

_MOST_RATE = 480.0
"""Images per second, of slow motion; what a file says above is not believed."""
_USUAL_RATE = 25.0
_CONTAINERS = 'mov,matroska,avi'
"""FFmpeg's names of those that hold their images themselves; it knows others that name files."""


class Video:
    """
    The images of a video that are to be labeled: all, or every second, every third and so on.

    Not for use from several threads at once.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        """
        Open a video, and read its first image.

        :param data: the file, of a format that :mod:`segnet_ros.web.file_kind` knows
        :raises RefusalError: if it cannot be read, or is too large or too long
        """
        self._limits = limits
        self._capture = _open(data)
        try:
            self._check()
            self._next = self._read()
            if self._next is None:
                raise _refuse('one of which no image could be read')
        except RefusalError:
            self.release()
            raise

    def _check(self) -> None:
        """Compare what the header says with the limits, and choose what to skip."""
        self._check_size(
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        rate = rate if 0 < rate <= _MOST_RATE else _USUAL_RATE
        count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        if count / rate > self._limits.video_seconds:
            raise RefusalError(
                413,
                f'expected a video of up to {self._limits.video_seconds:g} seconds, found one of'
                f' {count / rate:.0f}; cut it shorter',
            )
        self._step = max(1, math.ceil(count / self._limits.video_images))
        self.count = min(math.ceil(count / self._step), self._limits.video_images)
        """How many images there will be, as far as the header knows; 0 where it does not."""
        self.rate = rate / self._step
        """Images per second, of those that are read."""
        self._num_read = 0

    @property
    def is_cut(self) -> bool:
        """Whether images were left over, because there were more than the header said."""
        return self._next is not None and self._num_read >= self._limits.video_images

    def read(self) -> NDArray[np.uint8] | None:
        """
        Read the next image.

        :return: RGB, uint8 (H, W, 3), shrunk to what is shown; None at the end
        :raises RefusalError: if it is too large
        """
        pixels = self._next
        if pixels is None or self._num_read >= self._limits.video_images:
            return None
        self._num_read += 1
        self._next = self._skip_and_read()
        return pixels

    def release(self) -> None:
        """Free the memory of file and decoder."""
        self._capture.release()

    def _skip_and_read(self) -> NDArray[np.uint8] | None:
        for _ in range(self._step - 1):
            if not self._capture.grab():
                return None
        return self._read()

    def _read(self) -> NDArray[np.uint8] | None:
        is_read, pixels = self._capture.read()
        if not is_read:
            return None
        height, width = pixels.shape[:2]
        self._check_size(height, width)
        scale = math.sqrt(self._limits.shown_pixels / (height * width))
        if scale < 1:
            size = max(1, int(width * scale)), max(1, int(height * scale))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)

    def _check_size(self, height: int, width: int) -> None:
        if height * width > self._limits.video_pixels:
            raise RefusalError(
                413,
                f'expected a video of up to {self._limits.video_pixels / 1e6:g} megapixels, found'
                f' {width}x{height}; convert it to 1920x1080 or less',
            )


def _open(data: bytes) -> cv2.VideoCapture:
    """Hand the file to the decoder as memory that has a path, so that nothing is stored."""
    os.environ['OPENCV_FFMPEG_CAPTURE_OPTIONS'] = f'format_whitelist;{_CONTAINERS}'
    try:
        with open(os.memfd_create('video'), 'wb') as file:
            file.write(data)
            file.flush()
            path = f'/proc/self/fd/{file.fileno()}'
            capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)  # which opens it once more
    except cv2.error as error:
        raise _refuse('one that the decoder fails on') from error
    if not capture.isOpened():
        raise _refuse('one that the decoder cannot open')
    return capture


def _refuse(found: str) -> RefusalError:
    return RefusalError(
        422,
        f'expected a complete video that OpenCV can decode, found {found}; convert it to MP4'
        ' with H.264',
    )
