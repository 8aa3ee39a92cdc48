"""Shapes of cars, and where each point of a car is in the street."""

from __future__ import annotations

from collections.abc import Iterable
import math

from segnet_ros.core.scenes.camera import Camera
from segnet_ros.core.scenes.camera import Point3
from segnet_ros.core.scenes.things import Car
from segnet_ros.core.scenes.things import CarKind

Corner = tuple[float, float, bool]
"""Of a car seen from the side: z ahead of the tail and y in meters, whether glass follows."""

# from the tail over the roof to the nose: z, y, whether glass follows
_PROFILES: dict[CarKind, tuple[Corner, ...]] = {
    'hatch': (
        (0.06, 0.28, False),
        (0.0, 0.6, False),
        (0.1, 0.92, True),
        (0.5, 1.42, False),
        (2.2, 1.46, True),
        (3.05, 0.98, False),
        (3.8, 0.76, False),
        (3.95, 0.52, False),
        (3.9, 0.24, False),
    ),
    'sedan': (
        (0.06, 0.28, False),
        (0.0, 0.62, False),
        (0.1, 0.96, False),
        (0.75, 1.0, True),
        (1.3, 1.4, False),
        (2.6, 1.43, True),
        (3.45, 0.96, False),
        (4.4, 0.76, False),
        (4.55, 0.5, False),
        (4.5, 0.24, False),
    ),
    'estate': (
        (0.06, 0.28, False),
        (0.0, 0.66, False),
        (0.08, 1.0, True),
        (0.35, 1.52, False),
        (2.8, 1.6, True),
        (3.6, 1.05, False),
        (4.4, 0.84, False),
        (4.55, 0.56, False),
        (4.5, 0.26, False),
    ),
    'van': (
        (0.03, 0.32, False),
        (0.0, 1.15, True),
        (0.03, 1.85, False),
        (0.1, 2.15, False),
        (3.6, 2.2, True),
        (4.4, 1.25, False),
        (5.0, 0.98, False),
        (5.1, 0.6, False),
        (5.05, 0.28, False),
    ),
    'bus': (
        (0.03, 0.34, False),
        (0.0, 1.7, True),
        (0.0, 2.7, False),
        (0.1, 3.1, False),
        (9.9, 3.1, True),
        (10.1, 1.2, False),
        (10.15, 0.8, False),
        (10.1, 0.32, False),
    ),
}
_WIDTHS: dict[CarKind, float] = {
    'hatch': 1.7,
    'sedan': 1.76,
    'estate': 1.8,
    'van': 1.95,
    'bus': 2.5,
}


class CarBody:
    """
    A car in its own coordinates: a to the right, y up, z ahead of its tail, in meters.

    :ivar profile: corners from the tail over the roof to the nose
    :ivar waist: height of the lower edge of the windows
    :ivar eye: where the camera is
    """

    def __init__(self, car: Car, camera: Camera) -> None:
        self.car = car
        self.half_width = _WIDTHS[car.kind] / 2
        self.profile = _PROFILES[car.kind]
        self.length = max(z for z, _, _ in self.profile)
        self.waist = 1.2 if car.kind in ('van', 'bus') else 0.97
        self.sine, self.cosine = math.sin(car.heading), math.cos(car.heading)
        dx, dz = camera.x - car.x, camera.z - car.z
        self.eye = (
            dx * self.cosine - dz * self.sine,
            camera.height,
            dx * self.sine + dz * self.cosine + self.length / 2,
        )

    def narrow(self, y: float) -> float:
        """Return half the width at a height; the cabin leans in."""
        return self.half_width - 0.27 * max(0.0, min(y, 1.6) - self.waist)

    def place(self, points: Iterable[Point3]) -> list[Point3]:
        """Convert own coordinates to the world's."""
        x, z, middle = self.car.x, self.car.z, self.length / 2
        sine, cosine = self.sine, self.cosine
        return [
            (x + a * cosine + (b - middle) * sine, y, z - a * sine + (b - middle) * cosine)
            for a, y, b in points
        ]
