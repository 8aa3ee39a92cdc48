"""Upsampling against PyTorch's own bilinear interpolation."""

from __future__ import annotations

import pytest
from segnet_ros.networks.upsampling import BilinearUpsampling
from segnet_ros.networks.upsampling import Deconvolution
import torch


@pytest.mark.parametrize(('factor', 'kernel_size'), [(2, 4), (2, 8), (8, 16)])
def test_a_deconvolution_begins_as_exact_bilinear_interpolation(
    factor: int, kernel_size: int
) -> None:
    x = torch.randn(2, 5, 7, 9)
    expected = BilinearUpsampling(factor)(x)
    assert expected.shape == (2, 5, 7 * factor, 9 * factor)
    deconvolution = Deconvolution(5, 5, factor, kernel_size)
    torch.testing.assert_close(deconvolution(x), expected, rtol=0, atol=1e-5)


def test_a_deconvolution_learns_to_mix_channels() -> None:
    deconvolution = Deconvolution(3, 3, 2, 8)
    deconvolution(torch.randn(1, 3, 6, 6)).square().sum().backward()
    assert deconvolution.weight.grad is not None
    assert deconvolution.weight.grad.flatten(2).any(dim=2).all()
