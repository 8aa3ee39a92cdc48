"""Tests of the convolutions that are computed as one product of matrices."""

import pytest
from segnet_ros.networks.heads import WideConvolution
from segnet_ros.networks.heads import WideDeconvolution
import torch
from torch import nn

PAIRS = [(WideConvolution, nn.Conv2d), (WideDeconvolution, nn.ConvTranspose2d)]


@pytest.mark.parametrize('order', [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize('size', [(2, 3), (1, 1), (9, 8)])
@pytest.mark.parametrize(('wide_type', 'plain_type'), PAIRS)
def test_wide_convolutions_compute_what_plain_ones_do(wide_type, plain_type, size, order):
    torch.manual_seed(0)
    wide = wide_type(6, 5, 7).double().to(memory_format=order)
    plain = plain_type(6, 5, 7, padding=3).double()
    plain.load_state_dict(wide.state_dict())
    x = torch.randn(2, 6, *size, dtype=torch.float64)
    results = []
    for layer in (wide, plain):
        image = x.clone().contiguous(memory_format=order).requires_grad_()
        y = layer(image)
        (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum().backward()
        results.append([y, image.grad, layer.weight.grad, layer.bias.grad])
    for ours, expected in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected)
