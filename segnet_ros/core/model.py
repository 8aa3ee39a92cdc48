"""
SegNet: the VGG16 encoder, and the decoder that unpools with the encoder's pooling indices.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation", TPAMI 2017, section 3 and figure 2; layers as in the
authors' released ``segnet_train.prototxt``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import unpool
from torch import nn
from torch import Tensor

MIN_SIZE = 32
"""Smallest height and width: five poolings leave one pixel."""


@dataclass(frozen=True)
class SegNetConfig:
    """The shape of a SegNet; the defaults are the paper's, with CamVid's 11 classes."""

    num_classes: int = 11
    widths: tuple[int, ...] = (64, 128, 256, 512, 512)
    """Channels of each encoder stage."""
    depths: tuple[int, ...] = (2, 2, 3, 3, 3)
    """Convolutions of each encoder stage; the decoder mirrors them."""

    def __post_init__(self) -> None:
        if not _are_positive(self.num_classes):
            raise ValueError(f'expected at least one class, got num_classes={self.num_classes!r}')
        if (
            not self.widths
            or len(self.widths) != len(self.depths)
            or not _are_positive(*self.widths, *self.depths)
        ):
            raise ValueError(
                'expected a width and a depth of at least 1 for each stage, '
                f'got widths={self.widths} and depths={self.depths}'
            )


class SegNet(nn.Module):
    """
    The network of figure 2: five encoder stages, five decoder stages, a bare classifier.

    With the default configuration 13 convolutions encode and 13 decode, the last of which is the
    classifier: 29,449,355 parameters for 11 classes.
    """

    def __init__(self, config: SegNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        # Mirrored: the channels change in the last convolution of a decoder stage. The outermost
        # stage is one convolution shorter, because the classifier takes its place.
        outputs = (None, *config.widths[:-1])
        self.decoder = nn.ModuleList(
            _make_stage([width] * depth + ([after] if after is not None else []))
            for after, width, depth in reversed(
                list(zip(outputs, config.widths, config.depths, strict=True))
            )
        )
        self.classifier = nn.Conv2d(config.widths[0], config.num_classes, 3, padding=1)
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """
        Compute the logits of each class for each pixel.

        :param x: normalized images, float (N, 3, H, W) with H and W of at least 32
        :return: logits, float (N, num_classes, H, W)
        :raises ValueError: if the images are smaller than 32 x 32
        """
        if min(x.shape[2:]) < MIN_SIZE:
            raise ValueError(
                f'expected images of at least {MIN_SIZE} x {MIN_SIZE} pixels, got '
                f'{x.shape[2]} x {x.shape[3]}; enlarge the input size'
            )
        poolings = []
        for stage in self.encoder:
            pooled = max_pool(stage(x))
            poolings.append(pooled)
            x = pooled.features
        for stage, pooled in zip(self.decoder, reversed(poolings), strict=True):
            x = stage(unpool(x, pooled.indices, pooled.size))
        logits: Tensor = self.classifier(x)
        return logits


def make_encoder(config: SegNetConfig) -> nn.ModuleList:
    """
    Make the encoder's stages, without the pooling after each.

    :param config: of it, the widths and depths count
    """
    inputs = (3, *config.widths[:-1])
    return nn.ModuleList(
        _make_stage([before] + [width] * depth)
        for before, width, depth in zip(inputs, config.widths, config.depths, strict=True)
    )


def initialize(module: nn.Module) -> None:
    """Draw weights as He et al. 2015, as the paper does (section 3.2); biases start at zero."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity='relu')
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _are_positive(*values: object) -> bool:
    return all(isinstance(value, int) and value > 0 for value in values)


def _make_stage(channels: list[int]) -> nn.Sequential:
    """Chain 3 x 3 convolutions, each with batch normalization and ReLU, through the channels."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [
            nn.Conv2d(before, after, 3, padding=1),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)
