"""Drawing of street furniture: poles, signs and fences."""

from __future__ import annotations

import math

import numpy as np
from segnet_ros.core.scenes.board import Board
from segnet_ros.core.scenes.board import stand_board
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.classes import FENCE
from segnet_ros.core.scenes.classes import POLE
from segnet_ros.core.scenes.classes import SIGN
from segnet_ros.core.scenes.colors import BLACK
from segnet_ros.core.scenes.colors import Color
from segnet_ros.core.scenes.colors import is_dark
from segnet_ros.core.scenes.colors import WHITE
from segnet_ros.core.scenes.things import Fence
from segnet_ros.core.scenes.things import Pole
from segnet_ros.core.scenes.things import PoleKind
from segnet_ros.core.scenes.things import Sign

_POLE_WIDTHS: dict[PoleKind, float] = {'lamp': 0.14, 'traffic_light': 0.12, 'bollard': 0.16}
_POST: Color = (112, 114, 116)
_RED: Color = (196, 26, 30)
_BLUE: Color = (34, 74, 166)


def draw_pole(canvas: Canvas, pole: Pole) -> None:
    """Draw a lamp post, a traffic light or a bollard."""
    board = stand_board(canvas, pole.x, pole.z, POLE)
    if board is None:
        return
    width = _POLE_WIDTHS[pole.kind]
    board.limb((0, 0), (0, pole.height), width, pole.color)
    board.limb((width * 0.2, 0), (width * 0.2, pole.height), width * 0.35, pole.color, 1.35)
    if pole.kind == 'lamp':
        _draw_lamp(board, pole)
    if pole.kind == 'traffic_light':
        _draw_traffic_light(board, pole)


def _draw_lamp(board: Board, pole: Pole) -> None:
    top, inward = pole.height, -math.copysign(1.0, pole.x)
    board.limb((0, 0), (0, 1.3), 0.22, pole.color, 0.9)
    board.limb((0, top), (inward * 1.3, top + 0.25), 0.09, pole.color)
    head = (190, 190, 184)
    board.limb((inward * 1.2, top + 0.22), (inward * 1.9, top + 0.26), 0.18, head)


def _draw_traffic_light(board: Board, pole: Pole) -> None:
    board.class_id = SIGN
    top = pole.height
    board.rectangle(-0.28, 0.28, top - 1.1, top + 0.1, (16, 17, 18))
    lit = int(pole.z) % 3
    for lamp, color in enumerate(((230, 40, 30), (240, 170, 30), (40, 220, 120))):
        shade = color if lamp == lit else (44, 40, 38)
        board.ellipse(0, top - 0.15 - 0.33 * lamp, 0.12, 0.12, shade)


def draw_sign(canvas: Canvas, sign: Sign) -> None:
    """Draw a plate, and the post it is on."""
    board = stand_board(canvas, sign.x, sign.z, POLE)
    if board is None:
        return
    if sign.post:
        board.limb((0, 0), (0, sign.y), 0.11, _POST)
        if sign.shape == 'wide':
            board.limb((sign.width * 0.4, 0), (sign.width * 0.4, sign.y), 0.11, _POST)
    board.class_id = SIGN
    y, half = sign.y, sign.width / 2
    if sign.shape == 'disc':
        board.ellipse(0, y, half, half, _RED)
        board.ellipse(0, y, half * 0.74, half * 0.74, WHITE)
        board.rectangle(-half * 0.35, half * 0.35, y - half * 0.3, y + half * 0.3, (50, 50, 54))
    elif sign.shape == 'blue':
        board.ellipse(0, y, half, half, _BLUE)
        board.limb((-half * 0.4, y + half * 0.4), (half * 0.4, y - half * 0.4), 0.1, WHITE)
    elif sign.shape == 'triangle':
        _draw_triangle(board, y, half)
    else:
        _draw_plate(board, y, half, half * (0.62 if sign.shape == 'wide' else 0.8), sign.color)


def _draw_triangle(board: Board, y: float, half: float) -> None:
    for size, color in ((1.15, _RED), (0.72, WHITE)):
        corners = ((0.0, 1.0), (-0.95, -0.65), (0.95, -0.65))
        board.polygon([(half * size * a, half * size * b + y) for a, b in corners], color)
    board.rectangle(-half * 0.1, half * 0.1, y - half * 0.3, y + half * 0.3, BLACK)


def _draw_plate(board: Board, y: float, half: float, tall: float, color: Color) -> None:
    """Draw a rectangle with a border and two lines of text."""
    ink = WHITE if is_dark(color) else BLACK
    board.rectangle(-half, half, y - tall, y + tall, ink, 0.9)
    board.rectangle(-half + 0.05, half - 0.05, y - tall + 0.05, y + tall - 0.05, color)
    for line in (0.35, -0.15):
        low = y + tall * line
        board.rectangle(-half * 0.7, half * 0.6, low, low + tall * 0.22, ink)


def draw_fence(canvas: Canvas, fence: Fence) -> None:
    """Draw a piece of fence; what shows through it is labeled fence."""
    camera = canvas.camera
    z0, z1 = max(fence.z0, camera.near), fence.z1
    if z1 <= camera.near + 0.05 or not camera.sees(fence.x, z1, 2.0):
        return
    x, top = fence.x, fence.height
    area = camera.project([(x, 0, z0), (x, top, z0), (x, top, z1), (x, 0, z1)])
    canvas.fill_label(area, FENCE)
    detail = camera.detail(z0)
    if fence.kind == 'panel':
        canvas.wall_rectangles(x, [(z0, z1, 0, top)], fence.color, None)
        if detail == 2:
            joints = [(z, z + 0.04, 0.0, top) for z in _divide(fence, 0.25)]
            canvas.wall_rectangles(x, joints, fence.color, None, 0.6)
    elif detail == 0:
        canvas.wall_rectangles(x, [(z0, z1, 0.3, top)], fence.color, None)
    else:
        rails = [(z0, z1, top - 0.06, top), (z0, z1, 0.15, 0.21)]
        post = (fence.z0, fence.z0 + 0.09, 0.0, top)
        spacing = 0.16 if fence.kind == 'bars' else 0.25
        bars = [(z, z + 0.035, 0.0, top) for z in _divide(fence, spacing)]
        canvas.wall_rectangles(x, [*rails, post, *bars], fence.color, None)


def _divide(fence: Fence, spacing: float) -> list[float]:
    return [float(z) for z in np.arange(fence.z0, fence.z1, spacing)]
