"""What every network of the registry has to be, and what tells the relatives apart."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
import subprocess
import sys

import numpy as np
import pytest
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.network import Network
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.registry import make_config
from segnet_ros.core.registry import MODULES
from segnet_ros.networks.basic import BasicConfig
from small_networks import make_small_config
import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

PARAMETERS = {
    # As counted from the layers, plus two for each channel that is normalized.
    'segnet': 29_449_355,
    'bayesian-segnet': 29_449_355,
    'segnet-basic': 1_415_051 + 2 * 8 * 64,
    'bayesian-segnet-basic': 1_415_051 + 2 * 8 * 64,
    'segnet-basic-encoder-addition': 1_415_051 + 2 * 8 * 64,
    'segnet-basic-single-channel-decoder': 624_779 + 2 * 8 * 64,
    'fcn-basic': 645_312 + 2 * 4 * 64,
    'fcn-basic-no-addition': 643_200 + 2 * 4 * 64,
    'fcn-basic-no-dim-reduction': 1_660_811 + 2 * 4 * 64,
    'fcn-basic-no-addition-no-dim-reduction': 1_660_811 + 2 * 4 * 64,
    'bilinear-interpolation': 612_224 + 2 * 4 * 64,
    # Encoder 14,714,688 and 8,448 for its normalization; then head and scores.
    'fcn-bilinear': 14_723_136
    + (49 * 512 + 1 + 2) * 4096
    + (4096 + 1 + 2) * 4096
    + (4096 + 512 + 256 + 3) * 11,
    'fcn': 14_723_136
    + (49 * 512 + 1 + 2) * 4096
    + (4096 + 1 + 2) * 4096
    + (4096 + 512 + 256 + 3) * 11
    + (16 + 16 + 256) * 11 * 11,
    'deeplab-largefov': 14_723_136
    + (9 * 512 + 1 + 2) * 1024
    + (1024 + 1 + 2) * 1024
    + (1024 + 1) * 11,
    'deconvnet': 14_723_136
    + (49 * 512 + 1 + 2) * 1024
    + (1024 + 1 + 2) * 1024
    + (49 * 1024 + 1 + 2) * 512
    + 9 * (5 * 512 * 512 + 512 * 256 + 2 * 256 * 256)
    + 9 * (256 * 128 + 128 * 128 + 128 * 64 + 2 * 64 * 64)
    + (5 * 512 + 3 * 256 + 2 * 128 + 3 * 64) * (1 + 2)
    + (64 + 1) * 11,
    # A step up: 2 x 2 deconvolution with bias, then two 3 x 3 convolutions of twice the width.
    'unet': 14_723_136
    + sum(
        (4 * deeper + 1) * width + (9 * 2 * width + 1 + 2) * width + (9 * width + 1 + 2) * width
        for deeper, width in ((512, 512), (512, 256), (256, 128), (128, 64))
    )
    + (64 + 1) * 11,
}
"""For 11 classes."""


def make_small(name: str, num_classes: int = 3) -> Network:
    """Make a network with few channels."""
    torch.manual_seed(0)
    return make_small_config(name, num_classes, width=8).build()


def test_every_network_is_listed_where_it_is() -> None:
    for module in set(MODULES.values()):
        listed = {name for name, place in MODULES.items() if place == module}
        assert import_module(module).NETWORKS.keys() == listed


def test_parameters_are_counted_of_every_network() -> None:
    assert PARAMETERS.keys() == MODULES.keys()


@pytest.mark.parametrize('name', MODULES)
def test_parameters_are_as_counted(name: str) -> None:
    with torch.device('meta'):
        network = make_config(name, {}).build()
    assert sum(parameter.numel() for parameter in network.parameters()) == PARAMETERS[name]


@pytest.mark.parametrize('name', MODULES)
@pytest.mark.parametrize('size', [(32, 32), (33, 47), (45, 60), (90, 64)])
def test_logits_have_the_size_of_the_image(name: str, size: tuple[int, int]) -> None:
    assert make_small(name)(torch.randn(2, 3, *size)).shape == (2, 3, *size)


def make_checkpoint(name: str, input_size: tuple[int, int]) -> Checkpoint:
    """Make a checkpoint of a small untrained network that has seen a batch."""
    network = make_small(name, 11)
    network(torch.randn(4, 3, 64, 96))  # statistics
    label_set = load_label_set('camvid')
    return Checkpoint(network.config, label_set, input_size, network.state_dict(), network=name)


@pytest.mark.parametrize('name', MODULES)
def test_images_below_32_pixels_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match='at least 32 x 32 pixels, got 31 x 64'):
        make_small(name)(torch.randn(1, 3, 31, 64))


@pytest.mark.parametrize('name', MODULES)
def test_every_parameter_has_a_gradient(name: str) -> None:
    network = make_small(name)
    network(torch.randn(2, 3, 64, 96)).square().sum().backward()
    without = [
        key
        for key, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert not without


@pytest.mark.parametrize('name', MODULES)
def test_a_batch_is_learned_by_heart(name: str) -> None:
    network = make_small(name)
    optimizer = torch.optim.AdamW(network.parameters(), 0.02)
    label = torch.zeros(2, 32, 64, dtype=torch.long)
    label[:, :, 32:], label[1, 16:, :32] = 1, 2
    torch.manual_seed(1)
    image = torch.randn(3, 3)[label].permute(0, 3, 1, 2) + 0.1 * torch.randn(2, 3, 32, 64)
    for _ in range(80):
        loss = nn.functional.cross_entropy(network(image), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    right = (network(image).argmax(dim=1) == label).float().mean().item()
    assert right > 0.9


@pytest.mark.parametrize('name', MODULES)
def test_a_checkpoint_brings_back_the_network(name: str, tmp_path: Path) -> None:
    network = make_small(name, 11)
    network.half().float()  # as filters are stored: rounding would change which maximum wins
    path = tmp_path / 'weights.safetensors'
    label_set = load_label_set('camvid')
    saved = Checkpoint(network.config, label_set, (48, 64), network.state_dict(), network=name)
    save_checkpoint(path, saved)
    loaded = load_checkpoint(path)
    assert (loaded.network, loaded.config) == (name, network.config)
    x = torch.randn(1, 3, 48, 64)
    expected = saved.build_network()(x)
    torch.testing.assert_close(loaded.build_network()(x), expected, rtol=0, atol=1e-5)
    label = Predictor(loaded, 'cpu', 'fp32').predict(np.zeros((50, 70, 3), np.uint8)).label
    assert label is not None
    assert label.shape == (50, 70)


@pytest.mark.parametrize('name', MODULES)
def test_a_predictor_labels_images_in_both_precisions_of_a_cpu(name: str) -> None:
    checkpoint = make_checkpoint(name, (48, 64))
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    labels = [
        Predictor(checkpoint, 'cpu', precision).predict(image).label
        for precision in ('fp32', 'bf16')
    ]
    assert labels[0] is not None
    assert labels[0].shape == (50, 70)
    # Untrained, so many a pixel is undecided, and a rounded maximum moves others.
    assert (labels[0] == labels[1]).mean() > 0.8


@torch.no_grad()
@pytest.mark.parametrize(
    ('learned', 'fixed'),
    [('fcn', 'fcn-bilinear'), ('fcn-basic-no-addition', 'bilinear-interpolation')],
)
def test_networks_with_deconvolutions_begin_as_those_that_interpolate(
    learned: str, fixed: str
) -> None:
    network, other = (make_small(name).eval() for name in (learned, fixed))
    missing, unexpected = other.load_state_dict(network.state_dict(), strict=False)
    assert not missing
    assert all(key.startswith(('upsamplings.', 'decoder.')) for key in unexpected)
    assert len(unexpected) == (3 if learned == 'fcn' else 4)
    x = torch.randn(2, 3, 45, 60)
    torch.testing.assert_close(network(x), other(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('decoder', ['unpool', 'unpool-single-channel'])
def test_maps_that_are_reduced_cannot_be_unpooled(decoder: str) -> None:
    with pytest.raises(ValueError, match='where their indices are used, got'):
        BasicConfig(decoder=decoder, reduces=True)


def test_a_single_channel_decoder_mixes_no_channels() -> None:
    network = make_small('segnet-basic-single-channel-decoder').eval()
    for stage in network.get_submodule('decoder').children():
        pooled = max_pool(torch.randn(1, 8, 4, 4))
        x = torch.zeros(1, 8, 2, 2)
        before = stage(x, pooled)
        x[:, 5] = 1
        changed = (stage(x, pooled) != before).flatten(2).any(dim=2)[0]
        assert changed.nonzero().flatten().tolist() == [5]


def watch(modules: Iterable[nn.Module]) -> tuple[list[Tensor], list[Tensor]]:
    """Collect what modules are given and what they make, in the order in which they compute."""
    given: list[Tensor] = []
    made: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        given.append(inputs[0])
        made.append(output)

    for module in modules:
        module.register_forward_hook(keep)
    return given, made


ADDING = {'segnet-basic-encoder-addition', 'fcn-basic', 'fcn-basic-no-dim-reduction'}


@torch.no_grad()
@pytest.mark.parametrize(
    'name', [name for name, module in MODULES.items() if module.endswith('.basic')]
)
def test_encoder_maps_are_added_in_these_networks_alone(name: str) -> None:
    """Of the same size, reduced where the others are; to the maps of the image's size, none."""
    network = make_small(name).eval()
    _, encoded = watch(network.encoder)
    decoder, reductions = map(network.get_submodule, ('decoder', 'reductions'))
    given, made = watch([*decoder.children(), network.get_submodule('classifier')])
    network(torch.randn(1, 3, 45, 60))
    for number in (1, 2, 3):  # decoder stages, the first of which is the deepest
        expected = made[number - 1]
        if name in ADDING:
            pooled = F.max_pool2d(encoded[3 - number], 2, ceil_mode=True)
            expected = expected + reductions[3 - number](pooled)
        torch.testing.assert_close(given[number], expected)
    torch.testing.assert_close(given[4], made[3])


@torch.no_grad()
def test_rectifiers_are_in_the_encoder_of_segnet_basic_alone() -> None:
    network = make_small('segnet-basic').eval()
    _, encoded = watch(network.encoder)
    _, decoded = watch(network.get_submodule('decoder').children())
    network(torch.randn(1, 3, 64, 96))
    assert all((maps >= 0).all() for maps in encoded)
    assert all((maps < 0).any() for maps in decoded)


@torch.no_grad()
def test_a_decoder_stage_of_unet_sees_the_encoder_maps_of_its_size() -> None:
    network = make_small('unet').eval()
    _, encoded = watch(network.encoder)
    given, _ = watch(network.get_submodule('decoder').children())
    network(torch.randn(1, 3, 45, 60))
    for seen, maps in zip(given, encoded[-2::-1], strict=True):
        torch.testing.assert_close(seen[:, :8], maps)
        assert maps.any()


@torch.no_grad()
def test_deeplab_scores_an_eighth_of_the_size_and_dilates_in_place_of_poolings() -> None:
    network = make_small('deeplab-largefov').eval()
    given, _ = watch(network.encoder)
    _, scores = watch([network.get_submodule('classifier')])
    network(torch.randn(1, 3, 64, 96))
    sizes = [tuple(maps.shape[2:]) for maps in (*given, *scores)]
    assert sizes == [(64, 96), (32, 48), (16, 24), (16, 24), (8, 12), (8, 12)]
    parts = [*network.encoder, network.get_submodule('head.0')]
    for part, dilation in zip(parts, (1, 1, 1, 2, 2, 12), strict=True):
        convolutions = [module for module in part.modules() if isinstance(module, nn.Conv2d)]
        assert {module.dilation for module in convolutions} == {(dilation, dilation)}


@torch.no_grad()
@pytest.mark.parametrize('name', ['fcn', 'fcn-bilinear', 'deeplab-largefov', 'deconvnet'])
def test_both_wide_layers_of_a_head_drop_half_of_their_features_in_training(name: str) -> None:
    network = make_small(name)
    given, made = watch(module for module in network.modules() if isinstance(module, nn.Dropout))
    x = torch.randn(4, 3, 128, 192)
    network(x)
    assert [maps.shape[1] for maps in given] == [16, 16]  # of the head alone
    for before, after in zip(given, made, strict=True):
        assert after[before > 0].eq(0).float().mean() == pytest.approx(0.5, abs=0.1)
    network.eval()
    assert torch.equal(network(x), network(x))


UNPOOLING = [
    'segnet',
    'segnet-basic',
    'segnet-basic-encoder-addition',
    'segnet-basic-single-channel-decoder',
    'deconvnet',
]


@pytest.mark.parametrize('name', UNPOOLING)
def test_indices_of_one_stage_never_serve_another(name: str) -> None:
    network = make_small(name)
    encoded: list[Tensor] = []
    decoded: list[Tensor] = []
    for stage in network.encoder:
        stage.register_forward_hook(lambda _, inputs, output: encoded.append(output.detach()))
    for stage in network.get_submodule('decoder').children():
        filters = getattr(stage, 'filters', stage)
        filters.register_forward_hook(lambda _, inputs, output: decoded.append(inputs[0]))
    network(torch.randn(1, 3, 90, 75))
    assert len(decoded) == len(network.encoder)
    for before, unpooled in zip(encoded, reversed(decoded), strict=True):
        assert unpooled.any()
        _, places = F.max_pool2d(before, 2, ceil_mode=True, return_indices=True)
        maxima = torch.zeros_like(before).flatten(2).scatter_(2, places.flatten(2), 1)
        assert not unpooled.flatten(2)[maxima == 0].any()


@torch.no_grad()
@pytest.mark.parametrize(
    'name', [name for name in MODULES if name.removeprefix('bayesian-') not in UNPOOLING]
)
def test_a_mirror_image_has_the_mirrored_labels(name: str) -> None:
    """
    Where filters are symmetric; so nothing shifts between image and labels.

    But where the decoder unpools: of a window of zeros, the first is the maximum.
    """
    network = make_small(name).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.copy_((module.weight + module.weight.flip(3)) / 2)
    x = torch.randn(1, 3, 64, 96)
    expected = network(x)
    error = (network(x.flip(3)).flip(3) - expected).abs().max()
    assert error < 1e-3 * expected.abs().max()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('name', MODULES)
@pytest.mark.parametrize('precision', ['fp16', 'fp32'])
def test_gpu_and_cpu_agree(name: str, precision: str) -> None:
    checkpoint = make_checkpoint(name, (64, 96))
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    labels = [
        Predictor(checkpoint, *where).predict(image).label
        for where in (('cuda', precision), ('cpu', 'fp32'))
    ]
    assert labels[0] is not None
    # Untrained, so many a pixel is undecided, and a rounded maximum moves others.
    assert (labels[0] == labels[1]).mean() > (0.99 if precision == 'fp32' else 0.8)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('precision', ['fp16', 'fp32'])
def test_samples_on_a_gpu_differ_and_seeds_repeat_them(precision: str) -> None:
    predictor = Predictor(make_checkpoint('bayesian-segnet', (64, 96)), 'cuda', precision)
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    found = []
    for seed in (1, None, 1):  # the first call captures the graph
        if seed:
            torch.manual_seed(seed)
        found.append(predictor.predict(image, ('uncertainty',), mc_samples=4).uncertainty)
    assert not np.array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


START = """
import sys
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.registry import make_config, MODULES
import torch
with torch.device('meta'):
    for name in MODULES:
        make_config(name, {}).build()
Predictor.from_checkpoint(sys.argv[1], 'cpu').warm_up()
sys.exit('torch._dynamo' in sys.modules)
"""


def test_a_predictor_and_shapes_come_without_a_compiler(small_checkpoint: Path) -> None:
    """Loading it takes two seconds, of a node's start, too."""
    command = [sys.executable, '-c', START, str(small_checkpoint)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
