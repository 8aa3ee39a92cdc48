"""A labeled folder whose images differ in size and format, and a network that has seen some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import sys

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('torch', reason='needs PyTorch')
pytest.importorskip('tqdm', reason='needs tqdm')
pytest.importorskip('torchvision', reason='the helpers of the training tests need torchvision')

sys.path.insert(0, str(Path(__file__).parents[1] / 'training'))

from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.data.fingerprints import take_fingerprint
from training_runs import write_pair

SIZES = [(47, 63), (48, 64), (33, 97), (61, 40), (120, 75), (48, 65)]


@pytest.fixture(scope='session')
def odd_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of odd sizes, as PNG and JPEG."""
    root = tmp_path_factory.mktemp('odd_data')
    for seed, size in enumerate(SIZES):
        name = f'{seed}.{"jpg" if seed % 2 else "png"}'
        write_pair(root / 'val' / name, root / 'valannot' / f'{seed}.png', seed, size=size)
    return root


@pytest.fixture(scope='session')
def seeing_checkpoint(
    odd_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
    save_small_checkpoint: Callable[..., None],
) -> Path:
    """Path of a small network that says it was trained on two of the images."""
    path = tmp_path_factory.mktemp('seeing') / "driver's choice ü.safetensors"
    save_small_checkpoint(path, load_label_set('camvid'))
    seen = [take_fingerprint(odd_data / 'val' / name) for name in ('0.png', '1.jpg')]
    save_checkpoint(path, replace(load_checkpoint(path), provenance={'recipe': {'images': seen}}))
    return path
