"""
U-Net on the VGG16 encoder: each decoder stage sees the encoder's maps of its size beside its own.

Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image
Segmentation", MICCAI 2015; here with padded convolutions, batch normalization, and the encoder
that the other networks have, whose last stage is the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from segnet_ros.core.encoder import check_size
from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.encoder import make_stage
from segnet_ros.core.network import Network
from segnet_ros.networks.upsampling import crop
import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows


@dataclass(frozen=True)
class UNetConfig(EncoderConfig):
    """The shape of a U-Net."""

    def build(self) -> UNet:
        """Build the network."""
        return UNet(self)


NETWORKS = {'unet': UNetConfig()}
"""By the name that a checkpoint has."""


class UNet(Network):
    """Encoder, and a decoder that is handed the encoder's maps."""

    config: UNetConfig

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        steps = list(pairwise(reversed(config.widths)))
        self.upsamplings = nn.ModuleList(
            nn.ConvTranspose2d(deeper, width, 2, stride=2) for deeper, width in steps
        )
        self.decoder = nn.ModuleList(make_stage([2 * width, width, width]) for _, width in steps)
        self.classifier = nn.Conv2d(config.widths[0], config.num_classes, 1)
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits (N, num_classes, H, W) of images (N, 3, H, W) as SegNet does."""
        check_size(x.shape[2:])
        maps = [self.encoder[0](x)]
        for stage in self.encoder[1:]:
            maps.append(stage(F.max_pool2d(maps[-1], 2, ceil_mode=True)))
        x = maps.pop()
        for upsampling, stage in zip(self.upsamplings, self.decoder, strict=True):
            beside = maps.pop()
            x = crop(upsampling(x), beside.shape[2:])
            x = stage(torch.cat((beside, x), dim=1))
        logits: Tensor = self.classifier(x)
        return logits
