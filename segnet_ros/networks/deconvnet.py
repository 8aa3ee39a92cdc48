"""
DeconvNet: the VGG16 encoder, its fully connected layers, and all of it mirrored, unpooling.

Source: Noh, Hong, Han, "Learning Deconvolution Network for Semantic Segmentation", ICCV 2015;
with the fully connected layers cut to 1024, as the SegNet paper ran it (TPAMI 2017, section 4),
and dropout after both of them, which it gave to all networks.
The 7 x 7 convolutions are padded, so that images of any size come out at their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from segnet_ros.core.encoder import check_size
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.network import Network
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import unpool
from segnet_ros.networks.heads import HeadConfig
from segnet_ros.networks.heads import make_convolution
from torch import nn
from torch import Tensor


@dataclass(frozen=True)
class DeconvNetConfig(HeadConfig):
    """The shape of a DeconvNet."""

    def build(self) -> DeconvNet:
        """Build the network."""
        return DeconvNet(self)


NETWORKS = {'deconvnet': DeconvNetConfig()}
"""By the name that a checkpoint has."""


class DeconvNet(Network):
    """Encoder, head, and a decoder of deconvolutions with the encoder's pooling indices."""

    config: DeconvNetConfig

    def __init__(self, config: DeconvNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        deepest = config.widths[-1]
        self.head = nn.Sequential(
            *make_convolution(deepest, config.head_width, 7),
            nn.Dropout(),
            *make_convolution(config.head_width, config.head_width, 1),
            nn.Dropout(),
            *_make_deconvolution(config.head_width, deepest, 7),
        )
        outputs = (config.widths[0], *config.widths[:-1])
        self.decoder = nn.ModuleList(
            _make_stage([width] * depth + [after])
            for after, width, depth in reversed(
                list(zip(outputs, config.widths, config.depths, strict=True))
            )
        )
        self.classifier = nn.Conv2d(config.widths[0], config.num_classes, 1)
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits (N, num_classes, H, W) of images (N, 3, H, W) as SegNet does."""
        check_size(x.shape[2:])
        poolings = []
        for stage in self.encoder:
            pooled = max_pool(stage(x))
            poolings.append(pooled)
            x = pooled.features
        x = self.head(x)
        for stage, pooled in zip(self.decoder, reversed(poolings), strict=True):
            x = stage(unpool(x, pooled.indices, pooled.size))
        logits: Tensor = self.classifier(x)
        return logits


def _make_stage(channels: list[int]) -> nn.Sequential:
    return nn.Sequential(
        *(
            layer
            for before, after in pairwise(channels)
            for layer in _make_deconvolution(before, after, 3)
        )
    )


def _make_deconvolution(before: int, after: int, kernel_size: int) -> tuple[nn.Module, ...]:
    """Deconvolve without a change of size, normalize, rectify."""
    deconvolution = nn.ConvTranspose2d(before, after, kernel_size, padding=kernel_size // 2)
    nn.init.kaiming_normal_(deconvolution.weight, mode='fan_out', nonlinearity='relu')
    return deconvolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)
