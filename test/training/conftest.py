"""A small data set on disk, in CamVid's layout."""

from pathlib import Path

import pytest
from training_runs import train
from training_runs import write_pair


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
