"""Image and label under one brush, so that the label is exact."""

from __future__ import annotations

from collections.abc import Sequence
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.camera import Camera
from segnet_ros.core.scenes.camera import clip_near
from segnet_ros.core.scenes.camera import NEAR
from segnet_ros.core.scenes.camera import Point2
from segnet_ros.core.scenes.camera import Point3
from segnet_ros.core.scenes.classes import SKY
from segnet_ros.core.scenes.colors import Color
from segnet_ros.core.scenes.weather import Look

Rectangle = tuple[float, float, float, float]
Rectangles = Sequence[Rectangle] | NDArray[np.float64]

CIRCLE = tuple((math.cos(i * math.tau / 14), math.sin(i * math.tau / 14)) for i in range(14))
"""Corners of what is drawn as a circle of radius 1."""

_SHIFT = 3  # OpenCV takes coordinates in pixels / 2 ** _SHIFT


def _to_fixed(pixels: Sequence[Point2] | NDArray[np.float64]) -> NDArray[np.int32]:
    # pixel centers have half-integer coordinates in Camera and integer ones in OpenCV;
    # what is cut at the near plane stays far below the limits of int32
    scale = 1 << _SHIFT
    return (np.asarray(pixels) * scale - 0.5 * scale).astype(np.int32)


class Canvas:
    """
    Image and label of the view of one camera.

    Colors given to it are lit and faded by distance, except where pixels are filled directly.
    A class id of None leaves the label as it is.

    :ivar image: uint8 (H, W, 3), RGB
    :ivar label: class ids, uint8 (H, W); sky at first
    """

    def __init__(self, camera: Camera, look: Look) -> None:
        self.camera = camera
        self.look = look
        self.image = np.zeros((camera.rows, camera.columns, 3), np.uint8)
        self.label = np.full((camera.rows, camera.columns), SKY, np.uint8)

    def fill(self, pixels: Sequence[Point2], color: Color, class_id: int | None) -> None:
        """
        Fill a polygon.

        :param pixels: column and row of its corners, in pixels
        :param color: as it is seen
        :param class_id: what it is
        """
        if len(pixels) < 3:
            return
        shape = [_to_fixed(pixels)]
        cv2.fillPoly(self.image, shape, color, cv2.LINE_AA, _SHIFT)
        if class_id is not None:
            cv2.fillPoly(self.label, shape, (class_id,), cv2.LINE_8, _SHIFT)

    def fill_label(self, pixels: Sequence[Point2], class_id: int) -> None:
        """Fill a polygon of the label only, its corners in pixels."""
        cv2.fillPoly(self.label, [_to_fixed(pixels)], (class_id,), cv2.LINE_8, _SHIFT)

    def polygon(
        self, points: Sequence[Point3], color: Color, class_id: int | None, light: float = 1.0
    ) -> None:
        """
        Fill a polygon in the world.

        :param points: x, y, z of its corners in meters, also behind the camera
        :param color: of the thing
        :param class_id: what it is
        :param light: brightness, 1 = unchanged
        """
        camera = self.camera
        depths = [z for _, _, z in points]
        nearest, farthest = min(depths) - camera.z, max(depths) - camera.z
        if farthest <= NEAR:
            return
        if nearest < NEAR:
            points = clip_near(points, camera.near)
        distance = 0.5 * (nearest + farthest)
        self.fill(camera.project(points), self.look.shade(color, distance, light), class_id)

    def wall_rectangles(
        self,
        x: float,
        rectangles: Rectangles,
        color: Color,
        class_id: int | None,
        light: float = 1.0,
    ) -> None:
        """
        Fill rectangles on a plane of constant x.

        :param x: of the plane, in meters
        :param rectangles: z0, z1, y0, y1 of each in meters, also behind the camera
        :param color: of all of them
        :param class_id: what they are
        :param light: brightness, 1 = unchanged
        """
        r = np.asarray(rectangles, dtype=np.float64).reshape(-1, 4)
        r = r[r[:, 1] > self.camera.near + 0.01]
        if not len(r):
            return
        shade = self.look.shade(color, float(r[0, 0]) - self.camera.z, light)
        for shape in self._project_wall(x, r):
            cv2.fillConvexPoly(self.image, shape, shade, cv2.LINE_AA, _SHIFT)
            if class_id is not None:
                cv2.fillConvexPoly(self.label, shape, (class_id,), cv2.LINE_8, _SHIFT)

    def _project_wall(self, x: float, r: NDArray[np.float64]) -> NDArray[np.int32]:
        """Project (z0, z1, y0, y1) on the plane of x to polygons for OpenCV, int32 (N, 4, 2)."""
        camera = self.camera
        distance = np.maximum(r[:, [0, 0, 1, 1]], camera.near) - camera.z
        scale = camera.focal / distance
        offset = x - camera.x + 0.5 * camera.bend * distance * distance
        pixels = np.empty((len(r), 4, 2))
        pixels[..., 0] = camera.column + offset * scale
        pixels[..., 1] = camera.row + (camera.height - r[:, [2, 3, 3, 2]]) * scale
        return _to_fixed(pixels)
