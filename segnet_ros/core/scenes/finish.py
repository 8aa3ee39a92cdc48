"""What lens and sensor do to the image; the label stays as it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.textures import Floats
from segnet_ros.core.scenes.textures import make_color_grain
from segnet_ros.core.scenes.textures import NOISE_SIDE
from segnet_ros.core.scenes.weather import Look


def expose(image: NDArray[np.uint8], look: Look, position: float, seed: int) -> NDArray[np.uint8]:
    """
    Pass an image through lens and sensor.

    :param image: the scene as painted, uint8 (H, W, 3), RGB
    :param look: tone, blur, vignette and noise
    :param position: of the camera in meters; each millimeter has other noise
    :param seed: the street
    :return: the scene as photographed, another array, uint8 (H, W, 3), RGB
    """
    height, width = image.shape[:2]
    image = np.asarray(cv2.LUT(image, _make_tone_curve(look)), dtype=np.uint8)
    sigma = look.blur * max(height, width) / 480
    if sigma > 0.25:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)
    fall = _make_vignette(look, height, width)
    exposed = (image.reshape(height, width * 3) * fall).reshape(height, width, 3)
    rng = open_stream(seed, Purpose.SENSOR, round(position * 1000))
    noisy = cv2.scaleAdd(_cut_grain(rng, height, width), look.noise, exposed)
    return np.asarray(cv2.convertScaleAbs(noisy), dtype=np.uint8)


def _make_tone_curve(look: Look) -> NDArray[np.uint8]:
    """Make the table of tint, exposure and gamma, uint8 (1, 256, 3)."""
    ramp = np.arange(256, dtype=np.float32)[:, None] / 255 * np.array(look.tint, np.float32)
    curve = np.clip((ramp * look.exposure) ** look.gamma * 1.08, 0, 1) * 255
    return np.asarray(curve.round().astype(np.uint8)[None])


def _make_vignette(look: Look, height: int, width: int) -> Floats:
    """Make what is left of the light, float32 (H, 3 * W), for interleaved channels."""
    across = np.linspace(-1, 1, width, dtype=np.float32).repeat(3)[None]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return np.asarray(1 - look.vignette * 0.5 * (across**2 + down**2), dtype=np.float32)


def _cut_grain(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Cut a piece of noise out of a tile that repeats, float32 (H, W, 3)."""
    top, left = rng.integers(NOISE_SIDE, size=2).tolist()
    grain = make_color_grain()
    repeats = (-(-(height + NOISE_SIDE) // len(grain)), -(-(width + NOISE_SIDE) // len(grain)), 1)
    if repeats != (1, 1, 1):
        grain = np.tile(grain, repeats)
    return grain[top : top + height, left : left + width]
