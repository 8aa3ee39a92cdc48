"""Convolutions between an encoder and what follows it."""

from __future__ import annotations

from torch import nn


def make_convolution(
    before: int, after: int, kernel_size: int, dilation: int = 1
) -> tuple[nn.Module, ...]:
    """
    Convolve without a change of size, normalize, rectify.

    :param kernel_size: odd
    :param dilation: pixels from one tap to the next
    """
    padding = dilation * (kernel_size // 2)
    return (
        nn.Conv2d(before, after, kernel_size, padding=padding, dilation=dilation),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
