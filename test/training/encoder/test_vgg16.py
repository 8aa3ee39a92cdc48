"""torchvision's VGG16 as an encoder: layer by layer the same, and nothing else is taken."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import time

import pytest
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.weight_files import WeightsError
from segnet_ros.training.encoder.encoder_weights import fill_encoder
from segnet_ros.training.encoder.vgg16 import download
from segnet_ros.training.encoder.vgg16 import map_to_encoder
import torch
from torch import nn
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows
import torchvision
from vgg16_weights import make_features
from vgg16_weights import make_state
from vgg16_weights import WIDTHS

PARTS = ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')


def compute_stages(features: nn.Sequential, x: torch.Tensor) -> list[torch.Tensor]:
    """Compute what goes into each pooling of torchvision's network."""
    stages = []
    for module in features:
        if isinstance(module, nn.MaxPool2d):
            stages.append(x)
        x = module(x)
    return stages


@pytest.mark.parametrize('batch_norm', [True, False])
def test_every_stage_computes_what_torchvision_does(batch_norm, tmp_path):
    features = make_features(batch_norm)
    torch.save(make_state(features), tmp_path / 'vgg.pth')
    network = SegNet(SegNetConfig(widths=WIDTHS)).eval()
    fill_encoder(network, str(tmp_path / 'vgg.pth'))
    images = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        expected = compute_stages(features, images)
        x = images
        for number, (stage, values) in enumerate(zip(network.encoder, expected, strict=True)):
            x = stage(F.max_pool2d(x, 2) if number else x)
            torch.testing.assert_close(x, values, atol=1e-5, rtol=1e-5)


def test_batch_normalization_of_several_gpus_is_filled_alike():
    network = SegNet(SegNetConfig(widths=WIDTHS))
    state = make_state(make_features(True))
    alone = map_to_encoder(state, network).keys()
    together = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    assert map_to_encoder(state, together).keys() == alone


@pytest.mark.parametrize('name', ['vgg16', 'vgg16_bn'])
def test_the_whole_vgg16_fills_the_whole_encoder(name):
    with torch.device('meta'):
        state = getattr(torchvision.models, name)(weights=None).state_dict()
        network = SegNet(SegNetConfig())
    kinds = (nn.Conv2d, nn.BatchNorm2d) if name == 'vgg16_bn' else (nn.Conv2d,)
    expected = {
        f'{layer}.{part}'
        for layer, module in network.encoder.named_modules()
        if isinstance(module, kinds)
        for part in PARTS[: 4 if isinstance(module, nn.BatchNorm2d) else 2]
    }
    assert map_to_encoder(state, network).keys() == expected


def drop(state, *names):
    return {name: tensor for name, tensor in state.items() if name not in names}


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: {}, 'expected the 13 convolutions of a VGG16, found 0'),
        (lambda: make_state(make_features(True, depths=(2, 2, 4, 4, 4))), 'found 16'),
        (lambda: make_state(make_features(True, (4, 6, 8, 10, 16))), r'for encoder\.4\.0\.weight'),
        (lambda: drop(make_state(make_features(False)), 'features.5.bias'), r'features\.5, found'),
        (
            lambda: drop(make_state(make_features(True)), 'features.1.running_mean'),
            r'running_var of the layer features\.1, found weight',
        ),
        (
            lambda: {k: v for k, v in make_state(make_features(True)).items() if '.41.' not in k},
            'expected batch normalization after each convolution or none',
        ),
    ],
)
def test_other_weights_are_refused(make, message):
    with pytest.raises(WeightsError, match=message):
        map_to_encoder(make(), SegNet(SegNetConfig(widths=WIDTHS)))


def test_a_file_in_the_cache_is_not_downloaded(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    path = tmp_path / 'hub' / 'checkpoints' / 'vgg16_bn-6c64b313.pth'
    path.parent.mkdir(parents=True)
    path.touch()
    assert download('vgg16_bn', SegNetConfig()) == path
    assert capsys.readouterr().out == ''


def test_of_several_at_once_one_downloads(tmp_path, monkeypatch):
    calls = []

    def download_slowly(url, path, digest):
        calls.append((url.rpartition('/')[2], digest))
        time.sleep(0.2)
        Path(path).touch()

    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    monkeypatch.setattr(torch.hub, 'download_url_to_file', download_slowly)
    with ThreadPoolExecutor(4) as threads:
        paths = set(threads.map(download, ['vgg16'] * 4, [SegNetConfig()] * 4))
    assert calls == [('vgg16-397923af.pth', '397923af')]
    assert paths == {tmp_path / 'hub' / 'checkpoints' / 'vgg16-397923af.pth'}


def test_nothing_is_downloaded_for_a_network_that_it_does_not_fit(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    with pytest.raises(WeightsError, match=r'vgg16: expected a network with the widths \(64, 128'):
        download('vgg16', SegNetConfig(widths=WIDTHS))
