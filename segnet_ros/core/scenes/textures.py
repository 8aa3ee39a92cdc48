"""Square tiles of noise and bricks that repeat without a seam; made once, not to be changed."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose

Floats = NDArray[np.float32]

# what the tiles of fractal noise are for
CLOUDS = 0
GROUND = 1
STAINS = 2

NOISE_SIDE = 512
_BRICK_SIDE = 256


@lru_cache(maxsize=8)
def make_noise(index: int) -> Floats:
    """
    Make a tile of fractal noise.

    :param index: which tile
    :return: float32 (512, 512), -1 to 1
    """
    rng = open_stream(0, Purpose.NOISE, index)
    tile = np.zeros((NOISE_SIDE, NOISE_SIDE), np.float32)
    for octave in range(1, 8):
        cells = 2 ** (octave + 1)
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        wrapped = np.pad(grid, 2, mode='wrap')
        scale = NOISE_SIDE // cells
        big = cv2.resize(wrapped, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        tile += big[2 * scale : -2 * scale, 2 * scale : -2 * scale] * 0.62**octave
    return np.asarray(np.clip(tile / (2.2 * tile.std()), -1, 1), dtype=np.float32)


@lru_cache(maxsize=1)
def make_grain() -> Floats:
    """Make a tile of white noise, float32 (512, 512), deviation 1."""
    rng = open_stream(0, Purpose.GRAIN)
    return rng.standard_normal((NOISE_SIDE, NOISE_SIDE)).astype(np.float32)


@lru_cache(maxsize=1)
def make_color_grain() -> Floats:
    """Make a tile of colored noise, float32 (1024, 1024, 3), deviation 1."""
    grain = np.tile(make_grain(), (2, 2))
    return np.stack([grain, np.roll(grain, 37, 1), np.roll(grain, 91, 1)], axis=2)


@lru_cache(maxsize=1)
def make_bricks() -> Floats:
    """Make a tile of bricks, float32 (256, 256), around 0; 64 pixels to the meter."""
    rng = open_stream(0, Purpose.BRICKS)
    tile = np.zeros((_BRICK_SIDE, _BRICK_SIDE), np.float32)
    for course in range(32):
        offset = 8 if course % 2 else 0
        shades = rng.normal(0, 0.09, 16).repeat(16)
        row = np.roll(shades, offset)
        row[(np.arange(_BRICK_SIDE) - offset) % 16 < 2] = 0.16
        tile[course * 8 : course * 8 + 7] = row
        tile[course * 8 + 7] = 0.16
    return tile


def sample_tile(tile: Floats, down: Floats, across: Floats) -> Floats:
    """
    Look up a tile that repeats without end.

    :param tile: float32 (S, S), S a power of two
    :param down: rows in pixels of the tile, any shape
    :param across: columns in pixels of the tile, of a shape that broadcasts with the other
    :return: value at each place, float32
    """
    side = len(tile)
    row, column = down.astype(np.int32), across.astype(np.int32)
    return np.take(tile.ravel(), (row & (side - 1)) * side + (column & (side - 1)))
