"""
FCN with the VGG16 encoder, three resolutions added up: the network called FCN-8s.

Source: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR
2015; with batch normalization after every convolution of encoder and head, as the SegNet paper
ran it (TPAMI 2017, section 4). The classes are scored by bare 1 x 1 convolutions, and the
deconvolutions begin as interpolation, or stay that.
"""

from __future__ import annotations

from dataclasses import dataclass

from segnet_ros.core.encoder import check_size
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.encoder import rectify
from segnet_ros.core.network import Network
from segnet_ros.networks.heads import HeadConfig
from segnet_ros.networks.heads import WideConvolution
from segnet_ros.networks.upsampling import BilinearUpsampling
from segnet_ros.networks.upsampling import crop
from segnet_ros.networks.upsampling import Deconvolution
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

FACTORS = (2, 2, 8)
"""By which scores are enlarged: to the maps of pool4, of pool3, to the image."""


@dataclass(frozen=True)
class FcnConfig(HeadConfig):
    """The shape of an FCN."""

    head_width: int = 4096
    is_learned: bool = True
    """Whether scores are enlarged by deconvolutions, or by interpolation alone."""

    def build(self) -> Fcn:
        """Build the network."""
        return Fcn(self)


NETWORKS = {'fcn': FcnConfig(), 'fcn-bilinear': FcnConfig(is_learned=False)}
"""By the name that a checkpoint has."""


class Fcn(Network):
    """Encoder, a head that sees wide around each pixel, scores of three depths added up."""

    config: FcnConfig

    def __init__(self, config: FcnConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        self.head = nn.Sequential(
            *rectify(WideConvolution(config.widths[-1], config.head_width, 7)),
            nn.Dropout(),
            *rectify(nn.Conv2d(config.head_width, config.head_width, 1)),
            nn.Dropout(),
        )
        scored = (config.head_width, config.widths[-2], config.widths[-3])
        self.scores = nn.ModuleList(nn.Conv2d(width, config.num_classes, 1) for width in scored)
        self.upsamplings = nn.ModuleList(
            Deconvolution(config.num_classes, config.num_classes, factor, 2 * factor)
            if config.is_learned
            else BilinearUpsampling(factor)
            for factor in FACTORS
        )
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits (N, num_classes, H, W) of images (N, 3, H, W) as SegNet does."""
        size = x.shape[2:]
        check_size(size)
        pooled = []
        for stage in self.encoder:
            x = F.max_pool2d(stage(x), 2, ceil_mode=True)
            pooled.append(x)
        x = self.scores[0](self.head(x))
        for score, upsampling, skip in zip(
            self.scores[1:], self.upsamplings, (pooled[-2], pooled[-3]), strict=False
        ):
            x = crop(upsampling(x), skip.shape[2:]) + score(skip)
        return crop(self.upsamplings[-1](x), size)
