"""Drawing of houses: walls, roofs, chimneys and what the walls are made of."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from segnet_ros.core.scenes.board import stand_board
from segnet_ros.core.scenes.camera import NEAR
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.classes import BUILDING
from segnet_ros.core.scenes.facades import draw_facade
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.textures import make_bricks
from segnet_ros.core.scenes.textures import make_noise
from segnet_ros.core.scenes.textures import sample_tile
from segnet_ros.core.scenes.textures import STAINS
from segnet_ros.core.scenes.things import Building


def draw_buildings(canvas: Canvas, buildings: Iterable[Building]) -> None:
    """Draw houses, the farthest first, and lay bricks over all of them."""
    for building in sorted(buildings, key=lambda b: b.z1, reverse=True):
        if building.z1 - canvas.camera.z > NEAR:
            _draw_building(canvas, building)
    _lay_bricks(canvas)


def _draw_building(canvas: Canvas, b: Building) -> None:
    """Draw a house: chimneys, roof, end wall, facade, and what is on the facade."""
    camera, look = canvas.camera, canvas.look
    x0, x1 = b.side * b.wall, b.side * (b.wall + b.depth)
    xm, eaves, ridge = b.side * (b.wall + b.depth / 2), b.height, b.height + b.roof
    light = look.light[0 if b.side < 0 else 1]
    rng = open_stream(b.seed, Purpose.FACADE)
    if b.roof:
        _draw_chimneys(canvas, b, rng, xm, ridge)
        roof = [(x0, eaves, b.z0), (x0, eaves, b.z1), (xm, ridge, b.z1), (xm, ridge, b.z0)]
        canvas.polygon(roof, b.roof_color, BUILDING, min(light * 1.1, 1.1))
    if b.z0 - camera.z > NEAR:
        outline = ((x0, 0.0), (x0, eaves), (xm, ridge), (x1, eaves), (x1, 0.0))
        gable = [(x, y, b.z0) for x, y in outline]
        canvas.polygon(gable, b.wall_color, BUILDING, look.light[2] * 0.9)
    canvas.wall_rectangles(x0, [(b.z0, b.z1, 0, eaves)], b.wall_color, BUILDING, light)
    middle = (b.z0 + max(b.z1, camera.z + 1)) / 2
    if camera.sees(x0, b.z1, 0.0) or camera.sees(x0, middle, 0.0):
        draw_facade(canvas, b, rng)


def _draw_chimneys(
    canvas: Canvas, b: Building, rng: np.random.Generator, x: float, ridge: float
) -> None:
    for z in (b.z0 + 0.6, b.z1 - 0.6):
        board = stand_board(canvas, x, z, BUILDING) if rng.random() < 0.6 else None
        if board is not None:
            board.rectangle(-0.5, 0.5, ridge - 1.2, ridge + 1.0, b.wall_color, 0.7)
            board.rectangle(-0.3, -0.1, ridge + 1.0, ridge + 1.4, (120, 78, 58))
            board.rectangle(0.1, 0.3, ridge + 1.0, ridge + 1.4, (120, 78, 58))


def _lay_bricks(canvas: Canvas) -> None:
    """Lay bricks and stains over all houses, as if all stood 8 meters to the sides."""
    camera = canvas.camera
    flat = np.flatnonzero(canvas.label == BUILDING)
    if not len(flat):
        return
    pixels = np.divmod(flat.astype(np.int32), camera.columns)
    rows, columns = (n.astype(np.float32) for n in pixels)
    focal = np.float32(camera.focal)
    lateral = np.abs((columns - np.float32(camera.column)) / focal) + 1e-3
    distance = np.minimum(np.float32(8.0) / lateral, np.float32(120))
    along = distance + np.float32(camera.z % 512)
    up = (np.float32(camera.row) - rows) * distance / focal
    brick = sample_tile(make_bricks(), up * 64, along * 64)
    stain = sample_tile(make_noise(STAINS), up * 24, along * 24)
    weight = np.clip(np.float32(camera.focal / 48) / distance, 0, 1)
    light = np.ones(canvas.label.size, np.float32)
    light[flat] = 1 + weight * brick + 0.12 * stain * np.clip(30 / distance, 0, 1)
    plane = light.reshape(canvas.label.shape)
    cv2.multiply(canvas.image, cv2.merge([plane, plane, plane]), canvas.image, dtype=cv2.CV_8U)
