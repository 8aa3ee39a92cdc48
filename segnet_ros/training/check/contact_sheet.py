"""A contact sheet: images with the colors of their labels, to see whether the two fit."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import BLACK
from segnet_ros.core.labels import Color
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.overlay import blend
from segnet_ros.training.data.augmentation import resize
from segnet_ros.training.data.dataset import Sample
import torch

COLUMNS = 4
TILE = (240, 320)
"""Height and width into which each overlay is fitted, in pixels."""
LINE = 24
"""Height of a line of text, in pixels."""
ENTRY = 160
"""Width of an entry of the legend, in pixels."""
OPACITY = 0.5


class Tile(NamedTuple):
    """One overlay of the sheet."""

    name: str
    overlay: NDArray[np.uint8]
    """RGB, uint8 (H, W, 3), no larger than :data:`TILE`."""


def make_tile(name: str, sample: Sample, label_set: LabelSet) -> Tile:
    """
    Blend an image with its label's colors, at the size of a tile.

    :param name: goes below
    """
    height, width = sample.label.shape
    scale = min(TILE[0] / height, TILE[1] / width)
    images, labels = resize(
        torch.from_numpy(sample.image).permute(2, 0, 1)[None],
        torch.from_numpy(sample.label)[None],
        (max(1, round(height * scale)), max(1, round(width * scale))),
    )
    color = torch.from_numpy(label_set.palette[labels[0].numpy()])
    return Tile(name, blend(images[0].permute(1, 2, 0), color, OPACITY).numpy())


def draw_contact_sheet(tiles: list[Tile], label_set: LabelSet) -> NDArray[np.uint8]:
    """
    Arrange tiles, with their names below them and the classes at the end.

    :param tiles: at least one
    :param label_set: what the colors mean
    :return: RGB, uint8 (H, W, 3)
    """
    rows = [_draw_row(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    return np.concatenate([*rows, _draw_legend(label_set)])


def _draw_row(tiles: list[Tile]) -> NDArray[np.uint8]:
    row = _make_paper(TILE[0] + LINE)
    for column, (name, overlay) in enumerate(tiles):
        left = column * TILE[1]
        height, width = overlay.shape[:2]
        row[:height, left : left + width] = overlay
        _write(row, name, left, TILE[0], TILE[1])
    return row


def _draw_legend(label_set: LabelSet) -> NDArray[np.uint8]:
    per_row = COLUMNS * TILE[1] // ENTRY
    entries: list[tuple[str, Color]] = [
        *zip(label_set.names, label_set.colors, strict=True),
        ('unlabeled', BLACK),
    ]
    legend = _make_paper(LINE * -(-len(entries) // per_row))
    for number, (name, color) in enumerate(entries):
        top, left = LINE * (number // per_row), ENTRY * (number % per_row)
        legend[top + 3 : top + LINE - 3, left + 3 : left + LINE - 3] = color
        _write(legend, name, left + LINE, top, ENTRY - LINE)
    return legend


def _make_paper(height: int) -> NDArray[np.uint8]:
    return np.full((height, COLUMNS * TILE[1], 3), 255, np.uint8)


def _write(paper: NDArray[np.uint8], text: str, left: int, top: int, width: int) -> None:
    """Write a line, smaller where it would not fit."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    needed = cv2.getTextSize(text, font, 0.45, 1)[0][0]
    scale = 0.45 * min(1.0, (width - 6) / max(1, needed))
    cv2.putText(paper, text, (left + 3, top + LINE - 8), font, scale, BLACK, 1, cv2.LINE_AA)
