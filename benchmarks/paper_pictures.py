"""One rendered scene, as each network of a comparison sees it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from paper_run import CHECKPOINT
from paper_run import Run
from paper_training import list_runs
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.check.contact_sheet import draw_contact_sheet
from segnet_ros.training.check.contact_sheet import TILE
from segnet_ros.training.check.contact_sheet import Tile

SIZE = (360, 480)
"""Height and width of the scene."""


def draw_pictures(output: Path, seed: int, device: str) -> NDArray[np.uint8]:
    """
    Draw image, truth, and the colors of each network that is trained, at its first seed.

    :param output: of the comparison
    :param seed: of the scene
    :return: RGB, uint8 (H, W, 3)
    :raises ValueError: if nothing is trained there
    """
    first: dict[str, Run] = {}
    for run in list_runs(output):
        first.setdefault(run.network, run)
    if not first:
        raise ValueError(
            f"{output}: expected trained networks, found none; run 'training' with this --output"
        )
    image, label = render_scene(seed, size=SIZE)
    drawn = {}
    for network, run in first.items():
        predictor = Predictor.from_checkpoint(run.folder / CHECKPOINT, device)
        color = predictor.predict(image, ('color',)).color
        assert color is not None
        drawn[network] = color
    label_set = predictor.label_set
    drawn = {'image': image, 'truth': label_set.palette[label], **drawn}
    return draw_contact_sheet([_make_tile(*item) for item in drawn.items()], label_set)


def _make_tile(name: str, picture: NDArray[np.uint8]) -> Tile:
    """Fit a picture into a tile, without colors that are in none of its pixels."""
    fitted = cv2.resize(picture, TILE[::-1], interpolation=cv2.INTER_NEAREST)
    return Tile(name, np.asarray(fitted, np.uint8))


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """
    Save an RGB picture.

    :raises OSError: if it cannot be written
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise OSError(f'{path}: expected to write a picture, could not')
