"""What is behind everything: sky, clouds and a far row of houses and trees."""

from __future__ import annotations

import math

import cv2
import numpy as np
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.canvas import CIRCLE
from segnet_ros.core.scenes.classes import BUILDING
from segnet_ros.core.scenes.classes import TREE
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.street import VIEW_DISTANCE
from segnet_ros.core.scenes.textures import CLOUDS
from segnet_ros.core.scenes.textures import Floats
from segnet_ros.core.scenes.textures import make_noise


def draw_sky(canvas: Canvas, seed: int) -> None:
    """Paint sky and clouds down to the horizon; a new canvas is labeled sky already."""
    camera, look = canvas.camera, canvas.look
    rows = min(max(math.ceil(camera.row) + 2, 0), camera.rows)
    if rows == 0:
        return
    up = (camera.row - np.arange(rows, dtype=np.float32) - 0.5) / camera.focal
    mix = np.clip(up / 0.42, 0, 1)[:, None] ** np.float32(0.7)
    cover = _cover_sky(canvas, seed, up)
    colors = zip(look.sky_low, look.sky_top, look.cloud_color, strict=True)
    for channel, (low, top, cloud) in enumerate(colors):
        sky = low + (top - low) * mix
        canvas.image[:rows, :, channel] = np.clip(sky + (cloud - sky) * cover, 0, 255)


def _cover_sky(canvas: Canvas, seed: int, up: Floats) -> Floats:
    """
    Spread clouds on a ceiling above the street.

    :param canvas: where they are drawn
    :param seed: the street
    :param up: tangent of the elevation of each row, float32 (R,)
    :return: cover, float32 (R, W), 0 to 1
    """
    camera, clouds = canvas.camera, canvas.look.clouds
    offset = open_stream(seed, Purpose.CLOUDS).uniform(0, 512, 2)
    far = 30 / (np.maximum(up[::4], 0) + 0.12)
    side = (np.arange(0, camera.columns, 4, dtype=np.float32) - camera.column) / camera.focal
    across = ((offset[0] + side[None] * far[:, None] * 1.6) % 511).astype(np.float32)
    along = ((offset[1] + far) % 511).astype(np.float32)[:, None]
    along = np.broadcast_to(along, across.shape)
    noise = cv2.remap(make_noise(CLOUDS), across, along, cv2.INTER_LINEAR)
    cover = np.clip(noise * 1.4 + clouds - 0.35, 0, 1) * min(1, clouds * 1.6)
    big = cv2.resize(cover.astype(np.float32), (camera.columns, len(up)))
    return np.asarray(big, dtype=np.float32)


def draw_backdrop(canvas: Canvas, seed: int) -> None:
    """Draw a far row of houses and trees that closes the view."""
    camera, look = canvas.camera, canvas.look
    rng = open_stream(seed, Purpose.BACKDROP)
    for bearing in np.arange(-1.3, 1.3, 0.045).tolist():
        tree = rng.random() < 0.5
        tall = rng.uniform(0.02, 0.05) * camera.focal
        left = camera.column + (bearing - rng.uniform(0, 0.03)) * camera.focal
        right = camera.column + (bearing + 0.055) * camera.focal
        if tree:
            middle, radius = (left + right) / 2, 0.8 * (right - left)
            crown = [(middle + radius * c, camera.row + 0.9 * tall * s) for c, s in CIRCLE]
            canvas.fill(crown, look.shade((70, 74, 56), VIEW_DISTANCE), TREE)
        else:
            top, bottom = camera.row - tall, camera.row + 0.012 * camera.focal
            house = [(left, top), (right, top), (right, bottom), (left, bottom)]
            gray = rng.uniform(80, 170)
            color = look.shade((gray, gray * 0.94, gray * 0.86), VIEW_DISTANCE)
            canvas.fill(house, color, BUILDING)
