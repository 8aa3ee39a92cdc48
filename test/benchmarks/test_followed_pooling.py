"""An exported SegNet is PyTorch's, but for windows that are decided by the last bit."""

import numpy as np
import pytest
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.scenes import render_scene

pytest.importorskip('onnxruntime')
pytest.importorskip('openvino')
from bench_export import follow
from followed_pooling import expose_decisions
from followed_pooling import FollowingSegNet
from followed_pooling import read_decisions
from segnet_ros.export.exported_model import build_model
from segnet_ros.export.exported_model import Export
from segnet_ros.export.runtimes import open_runtimes

SIZES = [(64, 96), (65, 87)]
CLOSE = 1e-3
"""Of the two highest logits, where rounding may change the label."""
ROUNDING = 1e-6
"""As a share of the highest value of a map."""


@pytest.fixture(scope='module', params=SIZES, ids=str)
def export(request):
    return Export(request.param, request.param)


@pytest.fixture(scope='module')
def runs(export):
    model = build_model(load_checkpoint(), export)
    return open_runtimes(expose_decisions(model).SerializeToString())


def render(seed, size):
    return render_scene(seed, size=size).image


@pytest.mark.parametrize('batch', [1, 4])
def test_runtimes_compute_what_pytorch_does_with_their_decisions(export, runs, batch):
    images = [lambda seed=seed: render(seed, export.image_size) for seed in range(5)]
    assert len(runs) == 2
    for run in runs.values():
        network = FollowingSegNet(load_checkpoint(), export)
        agreement = follow(run, network, images, batch)
        assert agreement.pixels == 5 * export.image_size[0] * export.image_size[1]
        assert all(gap < CLOSE for gap in agreement.gaps)
        assert network.decisions.margin < ROUNDING


def test_another_decision_is_told(export, runs):
    image = render(0, export.image_size)
    run = next(iter(runs.values()))
    outputs = {name: array[0] for name, array in run(image[None]).items()}
    indices = read_decisions(outputs)
    channel, row, column = np.argwhere(indices[2][0].numpy() > 0)[0]
    indices[2][0, channel, row, column] = 0
    network = FollowingSegNet(load_checkpoint(), export)
    network.compute_logits(image, indices)
    assert network.decisions.differing
    assert network.decisions.margin > ROUNDING
