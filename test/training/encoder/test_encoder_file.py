"""The file of a pretrained encoder: the round trip, and files that do not fit."""

import json

import pytest
from safetensors.torch import load_file
from safetensors.torch import save_file
from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.weight_files import WeightsError
from segnet_ros.training.encoder.encoder_file import EncoderFile
from segnet_ros.training.encoder.encoder_file import load_encoder
from segnet_ros.training.encoder.encoder_file import save_encoder
import torch

CONFIG = EncoderConfig(widths=(4, 4, 8, 8, 8))
NORMALIZATION = Normalization((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'encoder.safetensors'
    weights = make_encoder(CONFIG).state_dict()
    save_encoder(path, EncoderFile(CONFIG, weights, NORMALIZATION, {'epochs': 3}))
    return path


def read_metadata(path):
    size = int.from_bytes(path.read_bytes()[:8], 'little')
    return json.loads(
        json.loads(path.read_bytes()[8 : 8 + size])['__metadata__']['segnet_ros_encoder']
    )


def rewrite(path, change):
    metadata = read_metadata(path)
    change(metadata)
    save_file(load_file(path), path, {'segnet_ros_encoder': json.dumps(metadata)})


def test_an_encoder_comes_back(path):
    encoder = load_encoder(path)
    assert (encoder.config.widths, encoder.config.depths) == (CONFIG.widths, CONFIG.depths)
    assert encoder.normalization == NORMALIZATION
    assert encoder.provenance == {'epochs': 3}
    make_encoder(CONFIG).load_state_dict(encoder.weights)


@pytest.mark.parametrize(
    'change',
    [
        lambda metadata: metadata.update(format_version=2),
        lambda metadata: metadata.pop('widths'),
        lambda metadata: metadata.update(depths=[2, 2]),
        lambda metadata: metadata.update(widths=[4, 4, 8, 8, 16]),
        lambda metadata: metadata.update(normalization=None),
        lambda metadata: metadata['normalization'].update(std=[0, 1, 1]),
        lambda metadata: metadata.update(provenance='unknown'),
    ],
)
def test_metadata_that_does_not_fit_is_refused(path, change):
    rewrite(path, change)
    with pytest.raises(WeightsError, match=r'expected .* use a file that this version') as caught:
        load_encoder(path)
    assert str(path) in str(caught.value)


def test_a_truncated_file_is_refused(path):
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match='could not read it'):
        load_encoder(path)


def test_missing_weights_are_named(path):
    weights = load_file(path)
    metadata = json.dumps(read_metadata(path))
    del weights['0.1.running_mean']
    save_file({**weights, 'x': torch.zeros(1)}, path, {'segnet_ros_encoder': metadata})
    with pytest.raises(WeightsError, match=r'0\.1\.running_mean is missing; x is unknown'):
        load_encoder(path)
