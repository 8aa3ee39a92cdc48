"""The fast forward pass against the network as it is."""

from concurrent.futures import ThreadPoolExecutor
import copy

import numpy as np
import pytest
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.device import cpu_computes_bf16
from segnet_ros.core.engine import choice
from segnet_ros.core.engine import make_engine
from segnet_ros.core.engine import make_plain
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.folding import fold
from segnet_ros.core.engine.fused_network import FusedSegNet
from segnet_ros.core.engine.pipeline import Request
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.outputs import OUTPUTS
import torch
from torch import nn


@pytest.fixture(scope='module')
def network():
    """Make a narrow network."""
    return make_network(8)


def make_network(*widths):
    """Make a network whose statistics are not just 0 and 1; of narrow stages but for the given."""
    torch.manual_seed(0)
    widths += (8, 12, 16, 16, 16)[len(widths) :]
    network = SegNet(SegNetConfig(num_classes=11, widths=widths))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 3)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return network.eval()


def make_checkpoint(network):
    return Checkpoint(network.config, load_label_set('camvid'), (64, 96), network.state_dict())


def draw(*shape, dtype=torch.float32):
    return torch.randn(shape, dtype=dtype).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def test_folded_filters_do_the_work_of_both():
    torch.manual_seed(0)
    convolution, norm = nn.Conv2d(3, 7, 3, padding=1), nn.BatchNorm2d(7)
    norm(torch.randn(4, 7, 8, 8) * 3 + 1)  # statistics
    filters = fold(convolution, norm.eval())
    x = torch.randn(2, 3, 9, 11)
    folded = nn.functional.conv2d(x, filters.weight, filters.bias, padding=1)
    torch.testing.assert_close(folded, norm(convolution(x)), rtol=0, atol=1e-5)


@pytest.mark.parametrize('size', [(32, 32), (45, 61), (90, 33)])
@pytest.mark.parametrize('batch', [1, 3])
@torch.inference_mode()
def test_logits_in_fp32_are_those_of_the_network(network, batch, size):
    fused = FusedSegNet(network, CpuKernels(torch.float32))
    x = draw(batch, 3, *size)
    torch.testing.assert_close(fused(x), network(x), rtol=0, atol=1e-3)


@torch.inference_mode()
def test_logits_of_a_wide_network_are_those_of_the_network():
    """Convolved by Winograd's algorithm where a compiler is at hand, but for the inner stages."""
    wide = make_network(32, 32, 64, 64, 64)
    x = draw(2, 3, 90, 122)
    fused = FusedSegNet(wide, CpuKernels(torch.float32))
    torch.testing.assert_close(fused(x), wide(x), rtol=0, atol=1e-3)


@pytest.mark.skipif(not cpu_computes_bf16(), reason='needs a CPU with instructions for bf16')
@torch.inference_mode()
def test_bf16_is_as_close_as_layer_by_layer(network):
    x = draw(2, 3, 45, 61)
    expected = network(x)
    fused = FusedSegNet(network, CpuKernels(torch.bfloat16))(x.bfloat16()).float()
    plain = make_plain(copy.deepcopy(network), torch.bfloat16)(x.bfloat16()).float()
    assert (fused - expected).abs().mean() < 1.2 * (plain - expected).abs().mean()


@pytest.mark.parametrize('found', ['fused', 'nothing'])
@torch.inference_mode()
def test_an_engine_computes_with_or_without_kernels(network, monkeypatch, caplog, found):
    def refuse(_):
        raise AttributeError('no such operator')

    if found == 'nothing':
        monkeypatch.setattr(choice, 'CpuKernels', refuse)
    checkpoint = make_checkpoint(network)
    made = make_engine(checkpoint, torch.device('cpu'), torch.float32)
    assert isinstance(made.forward, FusedSegNet if found == 'fused' else SegNet)
    said = 'found no such operator; computing layer by layer' in caplog.text
    assert said == (found == 'nothing')
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    x = checkpoint.normalization.normalize(torch.from_numpy(image).permute(2, 0, 1)[None])
    logits = made.compute_logits(image, (64, 96))
    torch.testing.assert_close(logits, network(x), rtol=0, atol=1e-3)


def test_layer_by_layer_batch_normalization_is_not_rounded(network):
    plain = make_plain(copy.deepcopy(network), torch.bfloat16)
    for module in plain.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_var.dtype == torch.float32
        elif isinstance(module, nn.Conv2d):
            assert module.weight.dtype == torch.bfloat16


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('first_width', [8, 32])  # without our own outer convolutions, and with
def test_fused_kernels_on_cuda_are_as_close_as_layer_by_layer(first_width, dtype):
    checkpoint, device = make_checkpoint(make_network(first_width)), torch.device('cuda')
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 96, 3), np.uint8)
    with torch.inference_mode():
        expected, fused, plain = (
            make_engine(checkpoint, device, kind, is_fused=is_fused, is_captured=False)
            .compute_logits(image, (64, 96))
            .float()
            for kind, is_fused in ((torch.float32, False), (dtype, True), (dtype, False))
        )
    # Filters are rounded after folding here, and batch normalization is not rounded there.
    assert (fused - expected).abs().mean() < 2.5 * (plain - expected).abs().mean()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('dtype', [torch.float16, torch.float32])
def test_a_graph_and_eager_calls_agree_on_a_hundred_images(network, dtype):
    checkpoint, device = make_checkpoint(network), torch.device('cuda')
    eager, graph = (
        make_engine(checkpoint, device, dtype, is_captured=is_captured)
        for is_captured in (False, True)
    )
    request = Request((64, 96), OUTPUTS)
    rng = np.random.default_rng(0)
    with torch.inference_mode():
        for number in range(100):
            size = ((64, 96), (120, 160), (45, 61))[number % 3]
            image = rng.integers(0, 256, (*size, 3), np.uint8)
            opacity = rng.random()
            one, other = (made.segment([image], request, opacity)[0] for made in (eager, graph))
            for name in OUTPUTS:
                assert np.array_equal(one[name], other[name]), (number, name)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_one_thread_computes_while_another_captures(network):
    checkpoint, device = make_checkpoint(network), torch.device('cuda')
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    request = Request((64, 96), OUTPUTS)

    def segment_with_a_new_engine():
        with torch.inference_mode():
            engine = make_engine(checkpoint, device, torch.float16)
            return engine.segment([image], request, 0.5)[0]

    expected = segment_with_a_new_engine()
    busy = make_engine(checkpoint, device, torch.float16)
    with ThreadPoolExecutor(1) as pool, torch.inference_mode():
        for _ in range(5):
            future = pool.submit(segment_with_a_new_engine)
            found = []
            while not found or not future.done():
                found.append(busy.segment([image], request, 0.5)[0])
            for one in (*found, future.result()):
                assert all(np.array_equal(one[name], expected[name]) for name in OUTPUTS)
