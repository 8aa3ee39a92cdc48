"""
Max pooling that keeps its pooling indices in one byte, and unpooling with them.

A pooling index says where in its 2 x 2 window the maximum was, 0 to 3 in row-major order. That is
all the decoder needs (2 bits would do), where ``torch.nn.functional.max_pool2d`` keeps an int64
offset: eight times the memory traffic.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation", TPAMI 2017, section 3.1.
"""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows


class Pooled(NamedTuple):
    """What an encoder stage hands to the decoder stage of the same depth."""

    features: Tensor
    """Pooled feature map, float (N, C, ceil(H / 2), ceil(W / 2))."""
    indices: Tensor
    """Pooling indices, uint8 (N, C, ceil(H / 2), ceil(W / 2)), values 0 to 3."""
    size: tuple[int, int]
    """Height and width before pooling, needed to unpool an odd extent exactly."""


def max_pool(x: Tensor) -> Pooled:
    """
    Halve the resolution, rounding up, and keep where each maximum came from.

    The first maximum of a window, in row-major order, wins a tie. For finite input, values and
    gradients equal those of ``max_pool2d(x, 2, 2, ceil_mode=True)`` bit for bit, but for the sign
    of a gradient that is zero.

    :param x: feature map, float (N, C, H, W), finite
    :return: pooled features, pooling indices and the size before pooling
    """
    features, indices = _MaxPool.apply(x)
    return Pooled(features, indices, (x.shape[2], x.shape[3]))


def unpool(x: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
    """
    Put each value at its pooling index, zeros elsewhere.

    :param x: feature map, float (N, C, h, w)
    :param indices: pooling indices, uint8 (N, C, h, w), from :func:`max_pool`
    :param size: height and width before pooling: h = ceil(H / 2), w = ceil(W / 2)
    :return: sparse feature map, float (N, C, H, W)
    :raises ValueError: if the three do not belong together
    """
    pooled_size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    if indices.shape != x.shape or tuple(x.shape[2:]) != pooled_size:
        raise ValueError(
            f'expected features and pooling indices of {pooled_size[0]} x {pooled_size[1]} to'
            f' unpool to {size[0]} x {size[1]}, got {tuple(x.shape)} and {tuple(indices.shape)};'
            ' pass the indices and size that max_pool returned for this stage'
        )
    output: Tensor = _Unpool.apply(x, indices, size)
    return output


class _MaxPool(torch.autograd.Function):
    """Max pooling; its gradient is unpooling."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        top_left, top_right, bottom_left, bottom_right = split_windows(x)
        right_in_top = top_right > top_left
        right_in_bottom = bottom_right > bottom_left
        top = torch.where(right_in_top, top_right, top_left)
        bottom = torch.where(right_in_bottom, bottom_right, bottom_left)
        in_bottom = bottom > top
        features = torch.where(in_bottom, bottom, top)
        # In bytes throughout: bool + int would be int64.
        indices = torch.where(
            in_bottom, right_in_bottom.to(torch.uint8) + 2, right_in_top.to(torch.uint8)
        )
        ctx.mark_non_differentiable(indices)
        ctx.save_for_backward(indices)
        ctx.size = (x.shape[2], x.shape[3])
        return features, indices

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> Tensor:
        (indices,) = ctx.saved_tensors
        output: Tensor = _Unpool.apply(gradient, indices, ctx.size)
        return output


class _Unpool(torch.autograd.Function):
    """Unpooling; its gradient is to gather at the pooling indices."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(indices)
        memory_format = (
            torch.channels_last
            if x.is_contiguous(memory_format=torch.channels_last)
            else torch.contiguous_format
        )
        even = (x.shape[0], x.shape[1], 2 * x.shape[2], 2 * x.shape[3])
        output = torch.empty(even, dtype=x.dtype, device=x.device, memory_format=memory_format)
        zero = x.new_zeros(())
        for index, corner in enumerate(split_windows(output)):
            torch.where(indices == index, x, zero, out=corner)
        return output[:, :, : size[0], : size[1]]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (indices,) = ctx.saved_tensors
        corners = split_windows(gradient)
        output = corners[0]
        for index in (1, 2, 3):
            output = torch.where(indices == index, corners[index], output)
        return output, None, None


def _pad_to_even(x: Tensor) -> Tensor:
    """Add a row below and a column on the right, that never win, where the extent is odd."""
    odd_height, odd_width = x.shape[2] % 2, x.shape[3] % 2
    if not (odd_height or odd_width):
        return x
    return F.pad(x, (0, odd_width, 0, odd_height), value=float('-inf'))


def split_windows(x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """
    View the four corners of all 2 x 2 windows, in the order of the pooling indices.

    :param x: feature map, float (N, C, H, W)
    :return: of each corner, (N, C, ceil(H / 2), ceil(W / 2)); negative infinity outside of the map
    """
    x = _pad_to_even(x)
    return (
        x[:, :, 0::2, 0::2],
        x[:, :, 0::2, 1::2],
        x[:, :, 1::2, 0::2],
        x[:, :, 1::2, 1::2],
    )
