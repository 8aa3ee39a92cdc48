"""Pictures of plants, grown once each and kept at several resolutions."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.textures import Floats
from segnet_ros.core.scenes.textures import make_grain
from segnet_ros.core.scenes.things import BARE_TREES
from segnet_ros.core.scenes.things import CONIFER
from segnet_ros.core.scenes.things import HEDGE

SPRITE_SIDE = 256
"""Rows and columns of a sprite at full resolution."""


class Sprite(NamedTuple):
    """A picture of a plant, S x S pixels."""

    color: Floats
    """float32 (S, S, 4): RGB premultiplied with alpha, 0 to 255, and alpha, 0 to 1."""
    mask: NDArray[np.uint8]
    """uint8 (S, S): 255 where the plant counts as being."""


def _grow_branch(
    image: NDArray[np.uint8],
    rng: np.random.Generator,
    start: NDArray[np.float64],
    angle: float,
    length: float,
    width: float,
) -> None:
    """Draw a branch and all that grows from it into gray and alpha, uint8 (S, S, 2)."""
    end = start + length * np.array([np.cos(angle), -np.sin(angle)])
    shade = float(rng.uniform(46, 92))
    alpha = 255.0 if width > 1.2 else 190.0
    first, last = start.round().astype(int).tolist(), end.round().astype(int).tolist()
    cv2.line(image, first, last, (shade, alpha), max(1, round(width)), cv2.LINE_AA)
    if length < 6:
        return
    for spread in rng.normal(0, 0.42, 3 if length < 30 else 4):
        fork = start + (end - start) * rng.uniform(0.55, 1.0)
        turned = angle + spread + 0.06 * (np.pi / 2 - angle)
        _grow_branch(image, rng, fork, turned, length * rng.uniform(0.62, 0.84), width * 0.62)


def _make_bare_tree(rng: np.random.Generator) -> Sprite:
    image = np.zeros((SPRITE_SIDE, SPRITE_SIDE, 2), np.uint8)
    _grow_branch(image, rng, np.array([128.0, 256.0]), np.pi / 2, 62.0, 8.0)
    alpha = image[..., 1].astype(np.float32) / 255
    crown = cv2.GaussianBlur(alpha, (0, 0), 4.0) > 0.12
    gray = image[..., :1].astype(np.float32) * np.array([1.0, 0.92, 0.82], np.float32)
    mask = np.where(crown | (alpha > 0.5), 255, 0).astype(np.uint8)
    return Sprite(np.dstack([gray * (alpha[..., None] > 0), alpha]).astype(np.float32), mask)


def _place_leaves(rng: np.random.Generator, kind: int) -> NDArray[np.float64]:
    """Place clusters of leaves, float (N, 3): column, row, radius in pixels."""
    count = 260
    if kind == HEDGE:
        spots = rng.uniform((6, 14), (250, 250), (420, 2))
        return np.column_stack([spots, rng.uniform(7, 16, len(spots))])
    if kind == CONIFER:
        rows = 250 * np.sqrt(rng.uniform(0.0, 0.85, count))
        columns = 128 + rng.uniform(-1, 1, count) * (6 + 0.34 * rows)
        return np.column_stack([columns, rows + 6, rng.uniform(4, 12, count)])
    centers = np.column_stack([rng.normal(128, 40, 7), rng.normal(95, 30, 7)])
    spots = centers[rng.integers(7, size=count)] + rng.normal(0, 22, (count, 2))
    return np.column_stack([np.clip(spots, (20, 16), (236, 196)), rng.uniform(5, 15, count)])


def _make_leafy_plant(rng: np.random.Generator, kind: int) -> Sprite:
    image = np.zeros((SPRITE_SIDE, SPRITE_SIDE, 3), np.uint8)
    alpha = np.zeros((SPRITE_SIDE, SPRITE_SIDE), np.uint8)
    if kind != HEDGE:
        trunk = np.array([(121, 256), (125, 120), (131, 120), (136, 256)])
        cv2.fillPoly(image, [trunk], (62, 52, 42), cv2.LINE_AA)
        cv2.fillPoly(alpha, [trunk], (255,), cv2.LINE_AA)
    base = np.array([(66, 84, 38), (86, 98, 44), (58, 76, 44), (40, 58, 36)][kind % 4])
    leaves = _place_leaves(rng, kind)
    for column, row, radius in leaves[np.argsort(-leaves[:, 1] + rng.normal(0, 30, len(leaves)))]:
        light = 1.25 - 0.0032 * row + rng.normal(0, 0.16)
        center, color = (int(column), int(row)), tuple((base * max(light, 0.25)).tolist())
        cv2.circle(image, center, int(radius), color, -1, cv2.LINE_AA)
        cv2.circle(alpha, center, int(radius), (255,), -1, cv2.LINE_AA)
    return _roughen(image, alpha)


def _roughen(image: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> Sprite:
    """Give smooth clusters of leaves the light, shadow and ragged edge of single leaves."""
    leaves = cv2.GaussianBlur(make_grain()[:SPRITE_SIDE, :SPRITE_SIDE], (0, 0), 1.0) * 3.3
    edge = cv2.erode(alpha, np.ones((9, 9), np.uint8)) == 0
    soft = alpha.astype(np.float32) / 255 * np.where(edge, leaves > -0.6, leaves > -2)
    color = image * np.clip(1 + 0.3 * leaves, 0.3, 2)[..., None] * soft[..., None]
    mask = np.where(alpha > 127, 255, 0).astype(np.uint8)
    return Sprite(np.dstack([np.clip(color, 0, 255), soft]).astype(np.float32), mask)


@lru_cache(maxsize=8)
def make_sprites(kind: int) -> tuple[Sprite, ...]:
    """
    Make the sprite of one kind of plant.

    :param kind: as of ``Plant``
    :return: the sprite at full, half, quarter ... down to 1/16 resolution
    """
    rng = open_stream(0, Purpose.PLANTS, kind)
    levels = [_make_bare_tree(rng) if kind in BARE_TREES else _make_leafy_plant(rng, kind)]
    while len(levels) < 5:
        size = (SPRITE_SIDE >> len(levels),) * 2
        color = cv2.resize(levels[-1].color, size, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(levels[-1].mask, size, interpolation=cv2.INTER_AREA)
        levels.append(Sprite(color.astype(np.float32), mask.astype(np.uint8)))
    return tuple(levels)
