"""Drawing of trees and hedges."""

from __future__ import annotations

import math

import cv2
import numpy as np
from segnet_ros.core.scenes.board import Board
from segnet_ros.core.scenes.board import stand_board
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.classes import TREE
from segnet_ros.core.scenes.sprites import make_sprites
from segnet_ros.core.scenes.sprites import SPRITE_SIDE
from segnet_ros.core.scenes.textures import Floats
from segnet_ros.core.scenes.things import Plant


def draw_plant(canvas: Canvas, plant: Plant) -> None:
    """Blend the sprite of a plant into the image, and label where it is."""
    board = stand_board(canvas, plant.x, plant.z, TREE, plant.width)
    if board is None:
        return
    wide, tall = plant.width * board.scale, plant.height * board.scale
    left, top = board.foot[0] - wide / 2, board.foot[1] - tall
    c0, c1 = max(0, int(left)), min(canvas.camera.columns, int(left + wide) + 1)
    r0, r1 = max(0, int(top)), min(canvas.camera.rows, int(top + tall) + 1)
    if c1 <= c0 or r1 <= r0 or tall < 1.5:
        return
    levels = make_sprites(plant.kind)
    level = int(min(max(math.log2(SPRITE_SIDE / max(wide, tall)), 0), len(levels) - 1))
    sprite, side = levels[level], SPRITE_SIDE >> level
    across = (side / wide, 0, (c0 + 0.5 - left) * side / wide - 0.5)
    down = (0, side / tall, (r0 + 0.5 - top) * side / tall - 0.5)
    to_sprite = np.array([across, down])
    size, flags = (c1 - c0, r1 - r0), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    color = np.asarray(cv2.warpAffine(sprite.color, to_sprite, size, flags=flags), np.float32)
    mask = cv2.warpAffine(sprite.mask, to_sprite, size, flags=flags)
    part = canvas.image[r0:r1, c0:c1]
    through = cv2.cvtColor(1 - color[..., 3], cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(part, through, dtype=cv2.CV_32F)
    part[:] = cv2.add(behind, _light_plant(board, plant, color), dtype=cv2.CV_8U)
    canvas.label[r0:r1, c0:c1][mask > 127] = TREE


def _light_plant(board: Board, plant: Plant, color: Floats) -> Floats:
    """Tint RGB and alpha (H, W, 4), and fade it to the horizon's color, float32 (H, W, 3)."""
    look = board.canvas.look
    keep = math.exp(-board.distance / look.haze)
    mixing = np.zeros((3, 4))
    mixing[:, :3] = np.diag(plant.tint) * (keep * (0.8 + 0.2 * look.light[2]))
    mixing[:, 3] = np.array(look.sky_low) * (0.9 * (1 - keep))
    return np.asarray(cv2.transform(color, mixing))
