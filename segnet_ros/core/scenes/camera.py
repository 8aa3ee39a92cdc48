"""A pinhole camera on a car that drives along a street."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
import math

from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.street import Street

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]

NEAR = 0.5
"""Distance from which on things are drawn, in meters."""


@dataclass(frozen=True)
class Camera:
    """A camera at (x, height, z) in meters that looks along z; the road bends before it."""

    rows: int
    """Height of the image in pixels."""
    columns: int
    """Width of the image in pixels."""
    focal: float
    """Focal length in pixels."""
    column: float
    """Column of the vanishing point."""
    row: float
    """Row of the horizon."""
    x: float
    height: float
    z: float
    bend: float
    """Curvature of the road, in 1 / m."""

    @property
    def near(self) -> float:
        """Return z from which on things are drawn, in meters."""
        return self.z + NEAR

    def project(self, points: Iterable[Point3]) -> list[Point2]:
        """
        Project a few points before the camera.

        :param points: x, y, z in meters
        :return: column and row of each, in pixels
        """
        pixels = []
        for x, y, z in points:
            distance = z - self.z
            scale = self.focal / distance
            offset = x - self.x + 0.5 * self.bend * distance * distance
            pixels.append((self.column + offset * scale, self.row + (self.height - y) * scale))
        return pixels

    def sees(self, x: float, z: float, reach: float) -> bool:
        """
        Tell whether a thing is in view.

        :param x: of the thing, in meters
        :param z: of the thing, in meters
        :param reach: how far the thing extends to the sides, in meters
        :return: False where nothing of it can be seen
        """
        distance = z - self.z
        if distance < 1.0:
            return distance + reach > 1.0
        offset = (x - self.x) / distance + 0.5 * self.bend * distance
        column = self.column + self.focal * offset
        margin = reach * self.focal / distance
        return -margin < column < self.columns + margin

    def detail(self, z: float) -> int:
        """Tell how much to draw of a thing at z: 0 little, 1 some, 2 all."""
        distance = (z - self.z) * 576 / self.focal
        return 2 if distance < 25 else int(distance < 50)


def place_camera(street: Street, position: float, size: tuple[int, int]) -> Camera:
    """
    Place the camera of a street, with the bends and bumps of the road there.

    :param street: the street
    :param position: meters driven along it
    :param size: height and width of the image in pixels
    :return: the camera
    """
    rows, columns = size
    a, b, c, d = open_stream(street.seed, Purpose.CAMERA).uniform(0, 6.28, 4).tolist()
    bounce = 0.004 * math.sin(position * 0.9 + a) + 0.003 * math.sin(position * 0.23 + b)
    bend = 0.0022 * math.sin(position / 90 + c) + 0.0016 * math.sin(position / 37 + d)
    return Camera(
        rows=rows,
        columns=columns,
        focal=street.focal * max(columns, rows * 4 / 3),
        column=columns * (0.5 + street.pan - 6.0 * bend),
        row=rows * (street.horizon + bounce),
        x=street.lane + 0.25 * math.sin(position / 23 + a),
        height=street.camera_height,
        z=position,
        bend=bend,
    )


def clip_near(points: Sequence[Point3], near: float) -> list[Point3]:
    """
    Cut a polygon at a plane of constant z and keep what lies beyond.

    :param points: corners, x, y, z in meters
    :param near: z of the plane
    :return: corners of the rest, none if nothing is left
    """
    kept: list[Point3] = []
    for (x0, y0, z0), (x1, y1, z1) in zip(points, [*points[1:], points[0]], strict=True):
        if z0 >= near:
            kept.append((x0, y0, z0))
        if (z0 >= near) != (z1 >= near):
            t = (near - z0) / (z1 - z0)
            kept.append((x0 + t * (x1 - x0), y0 + t * (y1 - y0), near))
    return kept
