"""Flat pictures that stand in the street and face the camera."""

from __future__ import annotations

from collections.abc import Iterable
import math

from segnet_ros.core.scenes.camera import Point2
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.canvas import CIRCLE
from segnet_ros.core.scenes.colors import Color


class Board:
    """
    An upright plane to draw on: a to the right, b up from its foot, in meters.

    :ivar class_id: what is drawn next
    :ivar distance: from the camera, in meters
    :ivar scale: pixels per meter
    :ivar foot: column and row of (0, 0), in pixels
    """

    def __init__(self, canvas: Canvas, x: float, z: float, class_id: int) -> None:
        self.canvas = canvas
        self.class_id = class_id
        self.distance = z - canvas.camera.z
        self.scale = canvas.camera.focal / self.distance
        self.foot = canvas.camera.project([(x, 0.0, z)])[0]

    def polygon(
        self, points: Iterable[Point2], color: Color, light: float = 1.0, size: float = 1.0
    ) -> None:
        """Fill a polygon, in meters times size."""
        (column, row), scale = self.foot, self.scale
        if size != 1.0:
            points = [(a * size, b * size) for a, b in points]
        pixels = [(column + a * scale, row - b * scale) for a, b in points]
        shade = self.canvas.look.shade(color, self.distance, light)
        self.canvas.fill(pixels, shade, self.class_id)

    def rectangle(
        self, a0: float, a1: float, b0: float, b1: float, color: Color, light: float = 1.0
    ) -> None:
        """Fill a rectangle, in meters."""
        self.polygon([(a0, b0), (a1, b0), (a1, b1), (a0, b1)], color, light)

    def ellipse(self, a: float, b: float, ra: float, rb: float, color: Color) -> None:
        """Fill an upright ellipse around (a, b), in meters."""
        self.polygon([(a + ra * c, b + rb * s) for c, s in CIRCLE], color)

    def limb(
        self, start: Point2, end: Point2, width: float, color: Color, light: float = 1.0
    ) -> None:
        """Draw a thick line, at least a pixel wide."""
        (a0, b0), (a1, b1) = start, end
        half = max(width, 1.1 / self.scale) / 2 / max(math.hypot(a1 - a0, b1 - b0), 1e-6)
        da, db = -(b1 - b0) * half, (a1 - a0) * half
        corners = [
            (a0 + da, b0 + db),
            (a1 + da, b1 + db),
            (a1 - da, b1 - db),
            (a0 - da, b0 - db),
        ]
        self.polygon(corners, color, light)


def stand_board(
    canvas: Canvas, x: float, z: float, class_id: int, reach: float = 2.2
) -> Board | None:
    """
    Stand a board on the ground.

    :param canvas: where it is drawn
    :param x: of its foot, in meters
    :param z: of its foot, in meters
    :param class_id: what is drawn on it
    :param reach: how far the picture extends to the sides, in meters
    :return: the board; None where the camera would not see it
    """
    if z - canvas.camera.z < 1.0 or not canvas.camera.sees(x, z, reach):
        return None
    return Board(canvas, x, z, class_id)
