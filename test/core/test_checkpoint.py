"""Checkpoints: the round trip, and files that do not fit."""

import json
import os
import pickle
import random

import pytest
from safetensors.torch import load_file
from safetensors.torch import save_file
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import CheckpointError
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
import torch

CONFIG = SegNetConfig(num_classes=11, widths=(4, 4, 4, 4, 4))


@pytest.fixture
def checkpoint() -> Checkpoint:
    torch.manual_seed(1)
    return Checkpoint(
        CONFIG,
        load_label_set('camvid'),
        (48, 64),
        SegNet(CONFIG).state_dict(),
        provenance={'data': 'none', 'metrics': {'miou': 0.5}},
    )


@pytest.fixture
def path(tmp_path, checkpoint):
    path = tmp_path / 'weights.safetensors'
    save_checkpoint(path, checkpoint)
    return path


def rewrite(path, change) -> None:
    """Change the metadata of a checkpoint file."""
    metadata = json.loads(read_metadata(path))
    change(metadata)
    save_file(load_file(path), path, {'segnet_ros': json.dumps(metadata)})


def read_metadata(path) -> str:
    size = int.from_bytes(path.read_bytes()[:8], 'little')
    return json.loads(path.read_bytes()[8 : 8 + size])['__metadata__']['segnet_ros']


def test_everything_comes_back(path, checkpoint):
    loaded = load_checkpoint(path)
    assert loaded.config == checkpoint.config
    assert loaded.label_set == checkpoint.label_set
    assert loaded.input_size == (48, 64)
    assert loaded.normalization == checkpoint.normalization
    assert loaded.provenance == checkpoint.provenance
    x = torch.randn(1, 3, 48, 64)
    expected = checkpoint.build_network()(x)
    torch.testing.assert_close(loaded.build_network()(x), expected, rtol=0.02, atol=0.02)


def test_convolutions_are_stored_in_half_precision_and_the_rest_in_full(path):
    for name, tensor in load_file(path).items():
        if 'num_batches_tracked' not in name:
            assert tensor.dtype == (torch.float16 if tensor.dim() == 4 else torch.float32), name


def test_others_can_read_the_file(path):
    assert os.stat(path).st_mode & 0o444 == 0o444


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at '.*': expected .*; correct"):
        load_checkpoint(tmp_path / 'none.safetensors')


def test_a_pickle_is_refused_and_not_executed(tmp_path):
    marker = tmp_path / 'executed'

    class Malicious:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    path = tmp_path / 'weights.safetensors'
    path.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(CheckpointError, match='expected a safetensors file'):
        load_checkpoint(path)
    assert not marker.exists()


@pytest.mark.parametrize('size', [0, 7, 100, 2000])
def test_a_truncated_file_is_refused(path, size):
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match='could not read it'):
        load_checkpoint(path)


def test_a_flipped_bit_of_the_header_never_fails_in_another_way(path):
    """It is refused, or it made another value of one; without a hash nobody can tell."""
    data = path.read_bytes()
    size = 8 + int.from_bytes(data[:8], 'little')
    choose = random.Random(0)
    refused = []
    for bit in [*range(64), *(choose.randrange(8 * size) for _ in range(200))]:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            load_checkpoint(path)
        except CheckpointError as error:
            refused.append(str(error))
    assert len(refused) > 200
    assert not any('\n' in text for text in refused)


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / 'other.safetensors'
    save_file({'weight': torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="without the metadata 'segnet_ros'"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    'change',
    [
        lambda metadata: metadata.update(format_version=2),
        lambda metadata: metadata.update(network='fish'),
        lambda metadata: metadata.pop('label_set'),
        lambda metadata: metadata.update(input_size=[3]),
        lambda metadata: metadata['config'].update(growth=3),
        lambda metadata: metadata['config'].update(num_classes='many'),
        lambda metadata: metadata['label_set'].update(classes=[]),
        lambda metadata: metadata.update(input_size=[16, 64]),
        lambda metadata: metadata.update(input_size=[float('inf'), 64]),
        lambda metadata: metadata.update(provenance='unknown'),
        lambda metadata: metadata.update(normalization=None),
        lambda metadata: metadata['normalization'].update(mean=['a', 'b', 'c']),
        lambda metadata: metadata['normalization'].update(mean=[0.5, 0.5]),
        lambda metadata: metadata['normalization'].update(std=[0.0, 1.0, 1.0]),
        lambda metadata: metadata['config'].update(widths=[4, 4, 4, 4, -4]),
        lambda metadata: metadata['config'].update(widths=['a', 4, 4, 4, 4]),
    ],
)
def test_metadata_that_does_not_fit_is_refused(path, change):
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=str(path)):
        load_checkpoint(path)


def test_metadata_without_an_end_is_refused(path):
    save_file(load_file(path), path, {'segnet_ros': '[' * 100_000})
    with pytest.raises(CheckpointError, match='could not read it'):
        load_checkpoint(path)


def test_a_label_set_of_another_size_is_refused(path):
    rewrite(path, lambda metadata: metadata['label_set']['classes'].pop())
    with pytest.raises(CheckpointError, match='11 classes of the network'):
        load_checkpoint(path)


def test_weights_of_another_width_are_refused(path):
    rewrite(path, lambda metadata: metadata['config'].update(widths=[4, 4, 4, 4, 8]))
    with pytest.raises(CheckpointError, match=r'has shape .* and \d+ more; use'):
        load_checkpoint(path)


def test_missing_and_unknown_weights_are_named(checkpoint):
    checkpoint.weights['extra'] = checkpoint.weights.pop('classifier.bias')
    with pytest.raises(CheckpointError, match=r'classifier\.bias is missing; extra is unknown'):
        checkpoint.build_network()


def test_the_packaged_checkpoint_is_the_full_segnet():
    checkpoint = load_checkpoint()
    assert checkpoint.config == SegNetConfig()
    assert checkpoint.num_parameters == 29_449_355
    assert checkpoint.label_set == load_label_set('camvid')
    assert len(checkpoint.provenance['recipe']['images']) == 468
    assert checkpoint.provenance['metrics_of'].startswith('101 images, all seen in training')


def test_the_packaged_checkpoint_segments_rendered_streets():
    predictor = Predictor.from_checkpoint(device='cpu')
    matrix = ConfusionMatrix(predictor.label_set.num_classes)
    for seed in range(3):
        image, truth = render_scene(seed)
        matrix.update(predictor.predict(image).label, truth)
    assert matrix.miou > 0.6  # 0.702 when it was packaged
