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
from segnet_ros.core.encoder import draw_weights
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.encoder import rectify
from segnet_ros.core.network import Network
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import unpool
from segnet_ros.networks.heads import HeadConfig
from segnet_ros.networks.heads import WideConvolution
from segnet_ros.networks.heads import WideDeconvolution
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
            *rectify(WideConvolution(deepest, config.head_width, 7)),
            nn.Dropout(),
            *rectify(nn.Conv2d(config.head_width, config.head_width, 1)),
            nn.Dropout(),
            *_initialize_and_rectify(WideDeconvolution(config.head_width, deepest, 7)),
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
            for layer in _initialize_and_rectify(nn.ConvTranspose2d(before, after, 3, padding=1))
        )
    )


def _initialize_and_rectify(deconvolution: nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    draw_weights(deconvolution.weight, mode='fan_out')
    return rectify(deconvolution)
