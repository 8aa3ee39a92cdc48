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
    is_noise: bool = False,
) -> bytes:
    """
    Encode a video of gray images, each 10 brighter than the one before.

    :param size: height and width
    :param rate: images per second
    :param is_noise: images of noise instead, which compress badly
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, f'video{suffix}')
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, size[::-1])
        generator = np.random.default_rng(0)
        for index in range(count):
            if is_noise:
                image = generator.integers(0, 256, (*size, 3), np.uint8)
            else:
                image = np.full((*size, 3), 10 * index % 256, np.uint8)
            writer.write(image)
        writer.release()
        return path.read_bytes()
