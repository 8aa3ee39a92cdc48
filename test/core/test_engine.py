"""The fast forward pass against the network as it is."""

import copy

import pytest
from segnet_ros.core import engine
from segnet_ros.core.engine import FusedSegNet
from segnet_ros.core.engine import make_engine
from segnet_ros.core.engine import make_plain_engine
from segnet_ros.core.folding import fold
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
import torch
from torch import nn


@pytest.fixture(scope='module')
def network():
    """Make a network whose statistics are not just 0 and 1."""
    torch.manual_seed(0)
    network = SegNet(SegNetConfig(num_classes=5, widths=(8, 12, 16, 16, 16)))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 3)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return network.eval()


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
    fast = make_engine(copy.deepcopy(network), torch.float32)
    assert isinstance(fast, FusedSegNet)
    x = draw(batch, 3, *size)
    torch.testing.assert_close(fast(x), network(x), rtol=0, atol=1e-3)


@torch.inference_mode()
def test_bf16_is_as_close_as_layer_by_layer(network):
    x = draw(2, 3, 45, 61)
    expected = network(x)
    fast, plain = (
        make(copy.deepcopy(network), torch.bfloat16)(x.bfloat16()).float()
        for make in (make_engine, make_plain_engine)
    )
    assert (fast - expected).abs().mean() < 1.2 * (plain - expected).abs().mean()


@torch.inference_mode()
def test_the_network_takes_over_where_there_are_no_kernels(network, monkeypatch, caplog):
    def refuse(_):
        raise AttributeError('no such operator')

    monkeypatch.setattr(engine, 'CpuKernels', refuse)
    forward = make_engine(copy.deepcopy(network), torch.float32)
    assert not isinstance(forward, FusedSegNet)
    assert 'found no such operator; computing layer by layer' in caplog.text
    x = draw(1, 3, 45, 61)
    torch.testing.assert_close(forward(x), network(x))


def test_layer_by_layer_batch_normalization_is_not_rounded(network):
    plain = make_plain_engine(copy.deepcopy(network), torch.bfloat16)
    for module in plain.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_var.dtype == torch.float32
        elif isinstance(module, nn.Conv2d):
            assert module.weight.dtype == torch.bfloat16
