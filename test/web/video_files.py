"""Videos as the bytes of files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np


def make_video(
    count: int,
    size: tuple[int, int] = (48, 64),
    rate: float = 10.0,
    suffix: str = '.avi',
    codec: str = 'MJPG',
) -> bytes:
    """
    Encode a video of gray images, each 10 brighter than the one before.

    :param size: height and width
    :param rate: images per second
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, f'video{suffix}')
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, size[::-1])
        for index in range(count):
            writer.write(np.full((*size, 3), 10 * index % 256, np.uint8))
        writer.release()
        return path.read_bytes()
