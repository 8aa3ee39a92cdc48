"""
Settings of every test, made before anything reads them: stay on this host, alone, on one core.

The ROS wheels start Python anew with their libraries on its path; they do it as the interpreter
starts, before pytest, so nothing is lost and nothing is needed here.
"""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from segnet_ros.node.process.dds_settings import make_dds_environment

if TYPE_CHECKING:
    from segnet_ros.core.labels import LabelSet

os.environ.update({'OMP_NUM_THREADS': '1', **make_dds_environment()})


@pytest.fixture(scope='session')
def save_small_checkpoint() -> Callable[..., None]:
    """Save a narrow, untrained network: path, label set, seed of its weights, its name."""
    torch = pytest.importorskip('torch', reason='needs PyTorch')
    from segnet_ros.core.checkpoint import Checkpoint
    from segnet_ros.core.checkpoint import save_checkpoint
    from small_networks import make_small_config

    def save(path: Path, label_set: LabelSet, seed: int = 0, network: str = 'segnet') -> None:
        torch.manual_seed(seed)
        config = make_small_config(network, label_set.num_classes)
        weights = config.build().state_dict()
        save_checkpoint(path, Checkpoint(config, label_set, (48, 64), weights, network=network))

    return save


@pytest.fixture(scope='session')
def small_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, save_small_checkpoint: Callable[..., None]
) -> Path:
    """Path of a narrow, untrained SegNet with the classes of CamVid."""
    from segnet_ros.core.labels import load_label_set

    path = tmp_path_factory.mktemp('weights') / 'small.safetensors'
    save_small_checkpoint(path, load_label_set('camvid'))
    return path
