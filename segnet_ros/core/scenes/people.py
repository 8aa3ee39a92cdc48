"""Drawing of people on foot and on bicycles."""

from __future__ import annotations

import math

from segnet_ros.core.scenes.board import Board
from segnet_ros.core.scenes.board import stand_board
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.classes import BICYCLIST
from segnet_ros.core.scenes.classes import PEDESTRIAN
from segnet_ros.core.scenes.colors import BLACK
from segnet_ros.core.scenes.colors import Color
from segnet_ros.core.scenes.colors import SKIN
from segnet_ros.core.scenes.things import Cyclist
from segnet_ros.core.scenes.things import Pedestrian

_HAIR: Color = (48, 38, 32)
_BAG: Color = (60, 48, 40)
_FINE_SCALE = 22  # pixels per meter from which on feet, arms and folds are drawn


def draw_pedestrian(canvas: Canvas, person: Pedestrian) -> None:
    """Draw a person on foot: legs in step, coat, arms, head with hair."""
    board = stand_board(canvas, person.x, person.z, PEDESTRIAN)
    if board is None:
        return
    k = person.height / 1.75
    fine = board.scale > _FINE_SCALE
    stride = math.sin(person.phase) * (0.26 if person.sideways else 0.09)
    _draw_legs(board, person, k, stride)
    wide = 0.17 if person.sideways else 0.24
    right = [(wide * 0.7, 1.47), (wide, 1.3), (wide * 0.85, 0.8)]
    left = [(-wide * 0.85, 0.8), (-wide, 1.3), (-wide * 0.7, 1.47)]
    board.polygon([*left, *right], person.coat, size=k)
    if fine:
        _draw_arms(board, person.coat, k, wide, stride)
        board.polygon([*right, (0.05, 0.8)], person.coat, 0.78, k)
    if person.bag:
        board.rectangle(wide, wide + 0.22, 0.55, 0.9, _BAG)
    board.ellipse(0, 1.6 * k, 0.1, 0.13, SKIN)
    hair = [(-0.11, 1.6), (-0.1, 1.72), (0, 1.77), (0.1, 1.72), (0.11, 1.6), (0, 1.67)]
    board.polygon(hair, _HAIR, size=k)


def _draw_legs(board: Board, person: Pedestrian, k: float, stride: float) -> None:
    hip = 0.0 if person.sideways else 0.09
    for sign in (-1, 1):
        foot = sign * (hip + stride)
        light = 1.0 if sign > 0 else 0.8
        board.limb((sign * hip, 0.9 * k), (foot, 0.06), 0.16 * k, person.trousers, light)
        if board.scale > _FINE_SCALE:
            board.ellipse(foot, 0.05, 0.1, 0.05, BLACK)


def _draw_arms(board: Board, coat: Color, k: float, wide: float, stride: float) -> None:
    for sign in (-1, 1):
        hand = (sign * (wide + 0.05) - sign * stride * 0.8, 0.82 * k)
        board.limb((sign * wide * 0.92, 1.4 * k), hand, 0.11 * k, coat, 0.88)
        board.ellipse(hand[0], hand[1], 0.05, 0.06, SKIN)


def draw_cyclist(canvas: Canvas, rider: Cyclist) -> None:
    """Draw a person on a bicycle, seen from behind or from the front."""
    board = stand_board(canvas, rider.x, rider.z, BICYCLIST)
    if board is None:
        return
    board.rectangle(-0.04, 0.04, 0.0, 0.68, BLACK)
    _draw_pedaling_legs(board, rider)
    board.limb((-0.3, 1.05), (0.3, 1.05), 0.05, (60, 62, 64))
    right = [(0.16, 1.52), (0.25, 1.38), (0.19, 0.93)]
    board.polygon([(-0.19, 0.93), (-0.25, 1.38), (-0.16, 1.52), *right], rider.coat)
    board.polygon([(0.02, 0.93), (0.05, 1.52), *right], rider.coat, 0.8)
    for sign in (-1, 1):
        board.limb((sign * 0.22, 1.42), (sign * 0.3, 1.08), 0.11, rider.coat, 0.9)
    board.ellipse(0, 1.64, 0.1, 0.13, SKIN if rider.oncoming else (70, 54, 44))
    color = (220, 220, 216) if rider.helmet else (46, 36, 30)
    board.polygon([(-0.12, 1.66), (-0.1, 1.77), (0, 1.81), (0.1, 1.77), (0.12, 1.66)], color)
    if not rider.oncoming:
        board.ellipse(0, 0.72, 0.045, 0.045, (210, 30, 30))


def _draw_pedaling_legs(board: Board, rider: Cyclist) -> None:
    lean = 0.10 * math.sin(rider.phase)
    for sign in (-1, 1):
        knee = (sign * 0.16, 0.72 + sign * lean)
        light = 1.0 if sign > 0 else 0.8
        board.limb((sign * 0.09, 0.98), knee, 0.17, rider.trousers, light)
        board.limb(knee, (sign * 0.13, 0.34 + 1.4 * sign * lean), 0.13, rider.trousers, 0.9)
        board.ellipse(sign * 0.13, 0.3 + 1.4 * sign * lean, 0.07, 0.05, BLACK)
