"""The ground as it is seen: road, kerbs, pavement, grass and the shadows of houses."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.chunks import Chunk
from segnet_ros.core.scenes.classes import PAVEMENT
from segnet_ros.core.scenes.classes import ROAD
from segnet_ros.core.scenes.classes import TREE
from segnet_ros.core.scenes.colors import GRASS
from segnet_ros.core.scenes.ground import Ground
from segnet_ros.core.scenes.ground import meet_ground
from segnet_ros.core.scenes.markings import cover_line
from segnet_ros.core.scenes.markings import paint_markings
from segnet_ros.core.scenes.street import CHUNK_LENGTH
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.textures import Floats
from segnet_ros.core.scenes.textures import GROUND
from segnet_ros.core.scenes.textures import make_noise
from segnet_ros.core.scenes.textures import sample_tile
from segnet_ros.core.scenes.weather import Look


def draw_ground(canvas: Canvas, street: Street, chunks: Sequence[Chunk]) -> None:
    """Draw road, kerbs, pavement, grass, markings and shadows of houses."""
    ground = meet_ground(canvas.camera)
    if ground.first >= canvas.camera.rows:
        return
    label = _label_ground(ground, street, chunks)
    light = _texture_ground(ground, label) * _light_ground(ground, street, canvas.look, chunks)
    light *= _wear_ground(ground, street, label)
    _patch_ground(light, ground, chunks)
    _color_ground(canvas, ground, label, light, paint_markings(ground, street, chunks))
    canvas.label[ground.first :] = label


def _label_ground(ground: Ground, street: Street, chunks: Sequence[Chunk]) -> NDArray[np.uint8]:
    """Label road, pavement and grass, uint8 (R, W)."""
    label = np.where(np.abs(ground.x) < street.road_half, ROAD, PAVEMENT).astype(np.uint8)
    for chunk in chunks:
        for side, sign in chunk.sides:
            rows = ground.rows_between(side.z0, side.z1)
            if side.kind == 'houses' or not rows.any():
                continue
            outward, part = ground.x[rows] * sign, label[rows]
            if side.kind == 'junction':
                part[outward > street.road_half] = ROAD
            else:
                part[outward > street.wall] = TREE
            label[rows] = part
    return label


def _light_ground(ground: Ground, street: Street, look: Look, chunks: Sequence[Chunk]) -> Floats:
    """Light that reaches the ground between the houses, float32 (R, W), 1 = full."""
    if look.sun_side == 0:
        return np.ones_like(ground.x)
    reach = np.zeros_like(ground.z)
    for chunk in chunks:
        side = chunk.left if look.sun_side < 0 else chunk.right
        rows = ground.rows_between(side.z0, chunk.z0 + CHUNK_LENGTH)
        reach[rows] = side.height * look.shadow_length
    if len(reach) > 8:
        reach = np.asarray(cv2.blur(reach, (1, 3)), dtype=np.float32)
    inside = ground.x * np.float32(look.sun_side) - (street.wall - reach)
    return np.asarray(1 - 0.45 * np.clip(inside / 0.15 + 0.5, 0, 1), dtype=np.float32)


def _texture_ground(ground: Ground, label: NDArray[np.uint8]) -> Floats:
    """Relative brightness of asphalt and paving, float32 (R, W), around 1."""
    noise = make_noise(GROUND)
    fine = sample_tile(noise, ground.z * 90, ground.x * 90)
    coarse = sample_tile(noise, ground.z * 9, ground.x * 14)
    near = np.clip(7 / ground.distance, 0, 1)
    texture = 1 + (0.16 * near) * fine + (0.10 * np.clip(25 / ground.distance, 0, 1)) * coarse
    across = ground.x * np.float32(1 / 0.75)
    across -= np.floor(across)
    joint = ((ground.z % 0.6) < 0.03 + ground.texel) | (across < 0.03 + ground.texel)
    texture -= (0.14 * np.clip(9 / ground.distance, 0, 1)) * (joint & (label == PAVEMENT))
    return np.asarray(texture, dtype=np.float32)


def _wear_ground(ground: Ground, street: Street, label: NDArray[np.uint8]) -> Floats:
    """Relative brightness of wheel tracks, kerbs and gutters, float32 (R, W), around 1."""
    edge = np.abs(ground.x) - street.road_half
    road, pavement = label == ROAD, label == PAVEMENT
    tracks = np.abs(np.abs(np.abs(ground.x) - 1.75) - 0.75) * road
    kerb = cover_line(edge - 0.07, 0.08, ground.texel) * pavement
    gutter = cover_line(edge + 0.12, 0.14, ground.texel) * road
    wear = 1.03 - 0.06 * np.minimum(tracks, 1) + 0.22 * kerb - 0.22 * gutter
    return np.asarray(wear, dtype=np.float32)


def _patch_ground(light: Floats, ground: Ground, chunks: Sequence[Chunk]) -> None:
    """Multiply the light by the brightness of repaired asphalt."""
    for chunk in chunks:
        patch = chunk.patch
        inside = (ground.z > patch.z0 - ground.base) & (ground.z < patch.z1 - ground.base)
        rows = np.flatnonzero(inside[:, 0])
        if len(rows):
            part = slice(rows[0], rows[-1] + 1)
            x = ground.x[part]
            light[part] *= np.where((x > patch.x0) & (x < patch.x1), patch.brightness, 1)


def _color_ground(
    canvas: Canvas, ground: Ground, label: NDArray[np.uint8], light: Floats, paint: Floats
) -> None:
    """Put the colors of asphalt, paving, grass, paint and haze together."""
    look = canvas.look
    keep = np.exp(-ground.distance / look.haze)
    paint = paint * np.float32(0.85) * (label == ROAD)
    painted = 212 * np.minimum(light, 1.05) * paint * keep
    bare = light * (1 - paint) * keep
    palette = np.zeros((3, 256), np.float32)
    palette[:, ROAD], palette[:, PAVEMENT], palette[:, TREE] = look.road, look.pavement, GRASS
    for channel in range(3):
        color = np.take(palette[channel], label) * bare + painted
        color += (look.sky_low[channel] * 0.9) * (1 - keep)
        canvas.image[ground.first :, :, channel] = np.clip(color, 0, 255, out=color)
