"""Batch normalization folded into the convolution before it, for prediction."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch import Tensor


class Filters(NamedTuple):
    """What a convolution needs."""

    weight: Tensor
    """Float32 (out, in, 3, 3)."""
    bias: Tensor
    """Float32 (out)."""


@torch.no_grad()
def fold_stage(stage: nn.Module) -> list[Filters]:
    """
    Fold the batch normalization of each convolution of a stage.

    :param stage: convolution, batch normalization and ReLU by turns
    :return: filters of the convolutions, which a ReLU follows, as before
    """
    layers = list(stage.children())
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    return [fold(*pair) for pair in zip(convolutions, norms, strict=True)]


@torch.no_grad()
def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> Filters:
    """
    Give a convolution the scale and shift of the batch normalization after it.

    :param convolution: with or without bias
    :param norm: its running statistics count
    :return: filters that do the work of both
    """
    assert norm.running_mean is not None
    assert norm.running_var is not None
    # In float64, so that folding adds no rounding of its own.
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    shift = norm.bias.double() - norm.running_mean.double() * scale
    weight = convolution.weight.double() * scale[:, None, None, None]
    bias = shift if convolution.bias is None else shift + convolution.bias.double() * scale
    return Filters(weight.float(), bias.float())


def take_filters(convolution: nn.Conv2d) -> Filters:
    """Take those of a convolution without batch normalization."""
    assert convolution.bias is not None
    return Filters(convolution.weight.detach(), convolution.bias.detach())
