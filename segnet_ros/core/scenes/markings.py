"""Lines and zebra crossings painted on the road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.chunks import Chunk
from segnet_ros.core.scenes.ground import Ground
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.textures import Floats


def cover_line(offset: NDArray[np.floating[Any]], half: float, texel: Floats) -> Floats:
    """
    Cover pixels with a line, as far as it covers each.

    :param offset: from the middle of the line in meters, float32 (R, W)
    :param half: half the width of the line in meters
    :param texel: width of a pixel in meters, float32 (R, 1)
    :return: cover, float32 (R, W), 0 to 1
    """
    cover = (half - np.abs(offset)) * (1 / texel) + np.float32(0.5)
    return np.asarray(np.clip(cover, 0, 1), dtype=np.float32)


def paint_markings(ground: Ground, street: Street, chunks: Sequence[Chunk]) -> Floats:
    """
    Paint all lines and crossings.

    :param ground: R rows of W pixels
    :param street: the street
    :param chunks: the part of the street in view
    :return: cover of paint, float32 (R, W), 0 to 1
    """
    dash = ((ground.z % 6.0) < 2.6).astype(np.float32)
    fade = np.clip(40 / ground.distance, 0, 1)
    line = cover_line(ground.x, 0.06, ground.texel)
    cover = np.asarray(line * dash * fade, dtype=np.float32)
    if street.yellow_lines:
        edge = np.abs(ground.x) - street.road_half
        twin = np.abs(edge + 0.4) - 0.1
        cover = np.maximum(cover, cover_line(twin, 0.05, ground.texel) * (0.8 * fade))
    for chunk in chunks:
        if chunk.zebra is not None:
            _paint_zebra(cover, ground, street, chunk.zebra - ground.base)
        for side, sign in chunk.sides:
            if side.kind == 'junction':
                rows = ground.rows_between(side.z0, side.z1)
                dashed = (ground.z[rows] % 1.0) < 0.6
                offset = sign * ground.x[rows] - street.road_half
                line = cover_line(offset, 0.1, ground.texel[rows])
                cover[rows] = np.maximum(cover[rows], dashed * line)
    return np.asarray(cover, dtype=np.float32)


def _paint_zebra(cover: Floats, ground: Ground, street: Street, start: float) -> None:
    rows = ((ground.z > start) & (ground.z < start + 2.8))[:, 0]
    inside = np.abs(ground.x[rows]) - street.road_half < -0.1
    bars = ((ground.x[rows] % 1.2) < 0.6) & inside
    cover[rows] = np.maximum(cover[rows], bars * np.float32(0.9))
