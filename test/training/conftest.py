"""A small data set on disk, in CamVid's layout."""

from pathlib import Path

import cv2
import pytest
from segnet_ros.core.scenes import render_scene
from training_runs import train

SIZE = (48, 64)


def write_pair(image_path: Path, label_path: Path, seed: int) -> None:
    """Write a rendered scene as an image and a label image."""
    image, label = render_scene(seed, size=SIZE)
    label = label.copy()
    label[:2] = 11  # unlabeled in CamVid's files
    for path, pixels in (
        (image_path, cv2.cvtColor(image, cv2.COLOR_RGB2BGR)),
        (label_path, label),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), pixels)


@pytest.fixture(scope='session')
def data(tmp_path_factory) -> Path:
    """Eight images to train on and two to validate on."""
    root = tmp_path_factory.mktemp('data')
    for split, seeds in (('train', range(8)), ('val', range(8, 10))):
        for seed in seeds:
            write_pair(root / split / f'{seed}.png', root / f'{split}annot' / f'{seed}.png', seed)
    return root


@pytest.fixture(scope='session')
def trained(data, tmp_path_factory) -> Path:
    """Output of a short run on images and scenes."""
    output = tmp_path_factory.mktemp('run')
    assert train(data, output, '--epochs', '2', '--scenes', '2') == 0
    return output
