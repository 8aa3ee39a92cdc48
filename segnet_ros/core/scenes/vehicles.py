"""Drawing of cars, vans and buses."""

from __future__ import annotations

from collections.abc import Iterable

from segnet_ros.core.scenes.camera import Point2
from segnet_ros.core.scenes.camera import Point3
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.canvas import CIRCLE
from segnet_ros.core.scenes.car_body import CarBody
from segnet_ros.core.scenes.car_body import Corner
from segnet_ros.core.scenes.classes import CAR
from segnet_ros.core.scenes.colors import BLACK
from segnet_ros.core.scenes.colors import Color
from segnet_ros.core.scenes.colors import GLASS
from segnet_ros.core.scenes.things import Car


def draw_car(canvas: Canvas, car: Car) -> None:
    """Draw a car as strips across its profile, two flanks, wheels, windows and lights."""
    body = CarBody(car, canvas.camera)
    middle = car.z + body.length / 2
    if middle - canvas.camera.z < 1.0 or not canvas.camera.sees(car.x, middle, 2.5):
        return
    _draw_shadow(canvas, body)
    if canvas.camera.detail(car.z) > 0:
        _draw_wheels_beneath(canvas, body)
    strips = zip(body.profile[:-1], body.profile[1:], strict=True)
    for low, high in sorted(strips, key=lambda s: -(s[0][0] + s[1][0]) * body.cosine):
        _draw_strip(canvas, body, low, high)
    for side in (-1, 1):
        if side * body.eye[0] >= body.half_width:
            _draw_flank(canvas, body, side)
    if body.eye[2] < body.length / 2:
        _draw_tail(canvas, body)
    else:
        _draw_nose(canvas, body)


def _draw_shadow(canvas: Canvas, body: CarBody) -> None:
    half, front = body.half_width + 0.1, body.length + 0.1
    corners = [(-half, 0, -0.15), (half, 0, -0.15), (half, 0, front), (-half, 0, front)]
    canvas.polygon(body.place(corners), (30, 31, 34), None)


def _draw_wheels_beneath(canvas: Canvas, body: CarBody) -> None:
    """Draw what is seen of the wheels below the bumpers."""
    for z in (0.5, body.length - 0.6):
        for a in (-body.half_width + 0.04, body.half_width - 0.26):
            wheel = [(a, 0, z), (a + 0.22, 0, z), (a + 0.22, 0.4, z), (a, 0.4, z)]
            canvas.polygon(body.place(wheel), (16, 16, 18), CAR)


def _draw_strip(canvas: Canvas, body: CarBody, low: Corner, high: Corner) -> None:
    """Draw the piece of the surface between two corners of the profile, if it faces the eye."""
    (z0, y0, glass), (z1, y1, _) = low, high
    if (body.eye[1] - y0) * (z1 - z0) < (body.eye[2] - z0) * (y1 - y0):
        return
    a0, a1 = body.narrow(y0), body.narrow(y1)
    quad = [(-a0, y0, z0), (a0, y0, z0), (a1, y1, z1), (-a1, y1, z1)]
    flat = abs(z1 - z0) / (abs(z1 - z0) + abs(y1 - y0))
    canvas.polygon(body.place(quad), body.car.color, CAR, 0.72 + 0.5 * flat)
    if glass:
        rise, run = 0.07 * (y1 - y0), 0.07 * (z1 - z0)
        a0, y0, z0 = 0.86 * a0, y0 + rise, z0 + run
        a1, y1, z1 = 0.86 * a1, y1 - rise, z1 - run
        quad = [(-a0, y0, z0), (a0, y0, z0), (a1, y1, z1), (-a1, y1, z1)]
        canvas.polygon(body.place(quad), GLASS, CAR, 0.8 + 0.9 * flat)


def _stand_on_flank(body: CarBody, side: int, points: Iterable[Point2]) -> list[Point3]:
    """Place (z, y) of the profile on one flank, in the world."""
    return body.place([(side * (body.narrow(y) + 0.01), y, z) for z, y in points])


def _draw_flank(canvas: Canvas, body: CarBody, side: int) -> None:
    """Draw one flank: paint, shade below, windows, wheels."""
    right = (side > 0) == (body.cosine > 0)
    light = 0.35 + 0.65 * canvas.look.light[1 if right else 0]
    outline = _stand_on_flank(body, side, [(z, y) for z, y, _ in body.profile])
    canvas.polygon(outline, body.car.color, CAR, light * 0.95)
    if canvas.camera.detail(body.car.z) == 0:
        return
    end = body.length
    sill = [(0.05, 0.26), (0.02, 0.45), (end - 0.05, 0.42), (end - 0.08, 0.24)]
    canvas.polygon(_stand_on_flank(body, side, sill), body.car.color, CAR, light * 0.62)
    if body.car.kind != 'van':
        _draw_side_windows(canvas, body, side, light)
    for z in (0.17 * body.length + 0.1, 0.82 * body.length):
        for radius, color in ((0.34, BLACK), (0.2, (128, 130, 132))):
            rim = [(z + radius * c, 0.33 + radius * s) for c, s in CIRCLE]
            canvas.polygon(_stand_on_flank(body, side, rim), color, CAR)


def _draw_side_windows(canvas: Canvas, body: CarBody, side: int, light: float) -> None:
    """Draw one pane as wide as the cabin, and two bars across it."""
    cabin = [(z, y) for z, y, _ in body.profile if y > body.waist - 0.08]
    z0 = sum(z for z, _ in cabin) / len(cabin)
    y0 = sum(y for _, y in cabin) / len(cabin) + 0.02
    pane = [(z0 + 0.87 * (z - z0), y0 + 0.74 * (y - y0)) for z, y in cabin]
    canvas.polygon(_stand_on_flank(body, side, pane), GLASS, CAR, 0.9)
    low, high = body.waist, cabin[1][1] - 0.1
    for share in (0.42, 0.62):
        z = cabin[0][0] + share * (cabin[-1][0] - cabin[0][0])
        bar = [(z - 0.04, low), (z - 0.04, high), (z + 0.04, high), (z + 0.04, low)]
        canvas.polygon(_stand_on_flank(body, side, bar), body.car.color, CAR, light * 0.7)


def _draw_panel(
    canvas: Canvas, body: CarBody, z: float, a: Point2, y: Point2, color: Color
) -> None:
    """Draw an upright rectangle across the car at z, from a[0] to a[1] and y[0] to y[1]."""
    (a0, a1), (y0, y1) = a, y
    quad = [(a0, y0, z), (a1, y0, z), (a1, y1, z), (a0, y1, z)]
    canvas.polygon(body.place(quad), color, CAR)


def _draw_tail(canvas: Canvas, body: CarBody) -> None:
    """Draw bumper, rear lights and number plate."""
    half, z = body.half_width, -0.02
    red = (250, 40, 30) if body.car.braking else (150, 24, 24)
    top = min(body.profile[2][1], 1.3)
    _draw_panel(canvas, body, z, (-half + 0.03, half - 0.03), (0.3, 0.46), (44, 45, 48))
    for side in (-1, 1):
        a = side * (half - 0.145)
        _draw_panel(canvas, body, z, (a - 0.115, a + 0.115), (top - 0.3, top - 0.04), red)
    _draw_panel(canvas, body, z, (-0.27, 0.27), (0.5, 0.62), (214, 178, 60))


def _draw_nose(canvas: Canvas, body: CarBody) -> None:
    """Draw bumper, grille, headlights and number plate."""
    half, z = body.half_width, body.length + 0.02
    _draw_panel(canvas, body, z, (half - 0.04, -half + 0.04), (0.26, 0.4), (40, 41, 44))
    _draw_panel(canvas, body, z, (0.42, -0.42), (0.56, 0.68), (30, 31, 33))
    for side in (-1, 1):
        a = side * (half - 0.23)
        _draw_panel(canvas, body, z, (a + 0.17, a - 0.17), (0.56, 0.71), (228, 230, 226))
    _draw_panel(canvas, body, z, (0.27, -0.27), (0.42, 0.53), (220, 222, 220))
