"""
Settings of every test, made before anything reads them: stay on this host, alone, on one core.

The ROS wheels start Python anew with their libraries on its path; they do it as the interpreter
starts, before pytest, so nothing is lost and nothing is needed here.
"""

import os
from pathlib import Path

import pytest
from segnet_ros.node.dds_settings import make_dds_environment

os.environ.update({'OMP_NUM_THREADS': '1', **make_dds_environment()})


@pytest.fixture(scope='session')
def small_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a narrow, untrained SegNet with the classes of CamVid."""
    torch = pytest.importorskip('torch', reason='needs PyTorch')
    from segnet_ros.core.checkpoint import Checkpoint
    from segnet_ros.core.checkpoint import save_checkpoint
    from segnet_ros.core.labels import load_label_set
    from segnet_ros.core.model import SegNet
    from segnet_ros.core.model import SegNetConfig

    torch.manual_seed(0)
    config = SegNetConfig(widths=(4, 4, 4, 4, 4))
    path = tmp_path_factory.mktemp('weights') / 'small.safetensors'
    label_set = load_label_set('camvid')
    save_checkpoint(path, Checkpoint(config, label_set, (48, 64), SegNet(config).state_dict()))
    return path
