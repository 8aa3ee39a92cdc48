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
from segnet_ros.node.dds_settings import make_dds_environment

if TYPE_CHECKING:
    from segnet_ros.core.labels import LabelSet

os.environ.update({'OMP_NUM_THREADS': '1', **make_dds_environment()})


@pytest.fixture(scope='session')
def save_small_checkpoint() -> Callable[..., None]:
    """Save a narrow, untrained SegNet: path, label set, seed of its weights."""
    torch = pytest.importorskip('torch', reason='needs PyTorch')
    from segnet_ros.core.checkpoint import Checkpoint
    from segnet_ros.core.checkpoint import save_checkpoint
    from segnet_ros.core.model import SegNet
    from segnet_ros.core.model import SegNetConfig

    def save(path: Path, label_set: LabelSet, seed: int = 0) -> None:
        torch.manual_seed(seed)
        config = SegNetConfig(num_classes=label_set.num_classes, widths=(4, 4, 4, 4, 4))
        save_checkpoint(path, Checkpoint(config, label_set, (48, 64), SegNet(config).state_dict()))

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
