"""
The VGG16 encoder: stages of 3 x 3 convolutions, each with batch normalization and ReLU.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation", TPAMI 2017, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from torch import nn
from torch import Tensor

MIN_SIZE = 32
"""Smallest height and width of an image: five poolings leave one pixel."""


@dataclass(frozen=True)
class EncoderConfig:
    """The shape of an encoder, and of what follows from it; the defaults are VGG16's."""

    num_classes: int = 11
    widths: tuple[int, ...] = (64, 128, 256, 512, 512)
    """Channels of each encoder stage."""
    depths: tuple[int, ...] = (2, 2, 3, 3, 3)
    """Convolutions of each encoder stage; a decoder may mirror them."""

    def __post_init__(self) -> None:
        if not are_positive(self.num_classes):
            raise ValueError(f'expected at least one class, got num_classes={self.num_classes!r}')
        if (
            not self.widths
            or len(self.widths) != len(self.depths)
            or not are_positive(*self.widths, *self.depths)
        ):
            raise ValueError(
                'expected a width and a depth of at least 1 for each stage, '
                f'got widths={self.widths} and depths={self.depths}'
            )


def make_encoder(config: EncoderConfig) -> nn.ModuleList:
    """
    Make the encoder's stages, without the pooling after each.

    :param config: of it, the widths and depths count
    """
    inputs = (3, *config.widths[:-1])
    return nn.ModuleList(
        make_stage([before] + [width] * depth)
        for before, width, depth in zip(inputs, config.widths, config.depths, strict=True)
    )


def make_stage(channels: list[int]) -> nn.Sequential:
    """Chain 3 x 3 convolutions, each with batch normalization and ReLU, through the channels."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += rectify(nn.Conv2d(before, after, 3, padding=1))
    return nn.Sequential(*layers)


def rectify(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    """List a convolution, the normalization of what it makes, and ReLU."""
    return convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True)


def initialize(module: nn.Module) -> None:
    """Draw the weights of a convolution; biases start at zero."""
    if isinstance(module, nn.Conv2d):
        draw_weights(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def draw_weights(weights: Tensor, mode: Literal['fan_in', 'fan_out'] = 'fan_in') -> None:
    """
    Draw weights as He et al. 2015, as the paper does (section 3.2).

    :param mode: fan_out for deconvolutions, whose weights PyTorch has the other way round
    """
    # For shapes alone PyTorch would load its compiler, two seconds long, and draw nothing.
    if not weights.is_meta:
        nn.init.kaiming_normal_(weights, mode=mode, nonlinearity='relu')


def check_size(size: tuple[int, ...]) -> None:
    """
    Refuse images that five poolings leave nothing of.

    :param size: height and width
    :raises ValueError: if they are smaller than 32 x 32
    """
    if min(size) < MIN_SIZE:
        raise ValueError(
            f'expected images of at least {MIN_SIZE} x {MIN_SIZE} pixels, got '
            f'{size[0]} x {size[1]}; enlarge the input size'
        )


def are_positive(*values: object) -> bool:
    """Tell whether all values, as they were read from a file, are integers above zero."""
    return all(isinstance(value, int) and value > 0 for value in values)


def is_share(value: object) -> bool:
    """Tell whether a value, as it was read from a file, can be the rate of a dropout."""
    return isinstance(value, int | float) and 0 <= value < 1
