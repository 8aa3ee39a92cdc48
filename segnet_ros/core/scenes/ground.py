"""Where each pixel below the horizon meets the ground."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.camera import Camera
from segnet_ros.core.scenes.textures import Floats

_PERIOD = 1536.0  # meters after which markings and textures of the ground repeat exactly


class Ground(NamedTuple):
    """The ground as R rows of W pixels; float32, in meters."""

    first: int
    """First row of the image that shows ground."""
    distance: Floats
    """(R, 1)"""
    x: Floats
    """(R, W)"""
    z: Floats
    """(R, 1), counted from ``base``."""
    texel: Floats
    """Width of a pixel, (R, 1)."""
    base: float
    """z of a place near the camera, so that float32 is exact enough far along the street."""

    def rows_between(self, z0: float, z1: float) -> NDArray[np.bool_]:
        """Tell which rows show the ground from z0 to z1, bool (R,)."""
        z = self.z[:, 0]
        return (z >= z0 - self.base) & (z < z1 - self.base)


def meet_ground(camera: Camera) -> Ground:
    """
    Intersect the view with the ground.

    :param camera: the camera
    :return: the ground, of no rows where the horizon is below the image
    """
    first = min(max(math.floor(camera.row) + 1, 0), camera.rows)
    rows = np.arange(first, camera.rows)[:, None] + 0.5
    distance = np.minimum(camera.focal * camera.height / np.maximum(rows - camera.row, 0.05), 900)
    texel = distance / camera.focal
    columns = np.arange(camera.columns, dtype=np.float32)[None] + np.float32(0.5 - camera.column)
    middle = camera.x - 0.5 * camera.bend * distance**2
    base = math.floor(camera.z / _PERIOD) * _PERIOD
    return Ground(
        first=first,
        distance=distance.astype(np.float32),
        x=columns * texel.astype(np.float32) + middle.astype(np.float32),
        z=(camera.z - base + distance).astype(np.float32),
        texel=texel.astype(np.float32),
        base=base,
    )
