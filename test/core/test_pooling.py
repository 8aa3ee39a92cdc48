"""One-byte pooling against PyTorch's own, bit for bit."""

import pytest
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import unpool
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812

SIZES = [(2, 2), (6, 8), (5, 7), (1, 1), (1, 4), (45, 60), (23, 30)]
FORMATS = [torch.contiguous_format, torch.channels_last]


def make_features(size: tuple[int, int], ties: bool, memory_format: torch.memory_format) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(2, 3, *size, generator=generator)
    if ties:  # as after ReLU: many zeros, negative zero among them
        x = x.round().clamp(min=0) * torch.randn(x.shape, generator=generator).sign()
    return x.contiguous(memory_format=memory_format).requires_grad_()


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('ties', [False, True])
@pytest.mark.parametrize('memory_format', FORMATS)
def test_values_and_gradients_equal_pytorch(size, ties, memory_format):
    x = make_features(size, ties, memory_format)
    pooled = max_pool(x)
    restored = unpool(pooled.features * 2, pooled.indices, pooled.size)
    expected, indices = F.max_pool2d(x, 2, 2, ceil_mode=True, return_indices=True)
    expected_restored = F.max_unpool2d(expected * 2, indices, 2, 2, output_size=x.shape)

    gradient = torch.randn_like(expected_restored)
    (found_gradient,) = torch.autograd.grad(restored, x, gradient)
    (expected_gradient,) = torch.autograd.grad(expected_restored, x, gradient)

    assert torch.equal(pooled.features, expected)
    assert torch.equal(restored, expected_restored)
    assert torch.equal(found_gradient, expected_gradient)


@pytest.mark.parametrize('size', SIZES)
def test_indices_are_bytes_that_name_the_same_pixels(size):
    x = make_features(size, True, torch.contiguous_format)
    pooled = max_pool(x)
    _, flat = F.max_pool2d(x, 2, 2, ceil_mode=True, return_indices=True)

    rows = 2 * torch.arange(pooled.indices.shape[2])[:, None] + pooled.indices // 2
    columns = 2 * torch.arange(pooled.indices.shape[3]) + pooled.indices % 2

    assert pooled.indices.dtype == torch.uint8
    assert torch.equal(rows * size[1] + columns, flat)


def test_first_maximum_wins_a_tie():
    assert max_pool(torch.ones(1, 1, 4, 4)).indices.eq(0).all()


def test_gradients_equal_their_finite_differences():
    x = torch.arange(35.0, dtype=torch.float64).reshape(1, 1, 5, 7).requires_grad_()

    def pool_and_unpool(features: Tensor) -> Tensor:
        pooled = max_pool(features)
        return unpool(pooled.features.square(), pooled.indices, pooled.size)

    assert torch.autograd.gradcheck(pool_and_unpool, x)
    assert torch.autograd.gradgradcheck(pool_and_unpool, x)


def test_half_precision_keeps_its_type():
    pooled = max_pool(torch.randn(1, 2, 5, 6).bfloat16())
    assert pooled.features.dtype == torch.bfloat16
    assert unpool(*pooled).dtype == torch.bfloat16


def test_unpool_refuses_a_size_of_another_stage():
    pooled = max_pool(torch.randn(1, 1, 45, 60))
    with pytest.raises(ValueError, match='expected features and pooling indices of 30 x 45'):
        unpool(pooled.features, pooled.indices, (60, 90))
