"""
DeepLab-LargeFOV: the VGG16 encoder at an eighth of the size, and one wide dilated convolution.

Source: Chen, Papandreou, Kokkinos, Murphy, Yuille, "Semantic Image Segmentation with Deep
Convolutional Nets and Fully Connected CRFs", ICLR 2015; with batch normalization after every
convolution, as the SegNet paper ran it (TPAMI 2017, section 4), and without the CRF.

That paper sets the stride of pool3 to 1, and names 45 x 60 as the size of the scores of a 360 x
480 image. So of five poolings three halve the size: here 1, 2 and 4. What follows a pooling that
does not is dilated by 2, so that each filter sees what it saw in VGG16.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from segnet_ros.core.encoder import check_size
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.encoder import rectify
from segnet_ros.core.network import Network
from segnet_ros.networks.heads import HeadConfig
from segnet_ros.networks.upsampling import BilinearUpsampling
from segnet_ros.networks.upsampling import crop
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

STRIDES = (2, 2, 1, 2, 1)
"""Of the poolings."""
POOLINGS = {2: (2, 2, 0), 1: (3, 1, 1)}
"""
Kernel size, stride and padding by stride.

Those that halve are VGG16's own, so that each score lies in the middle of its 8 x 8 pixels, where
interpolation puts it; kernels of 3 would shift all labels by three pixels and a half.
"""
DILATIONS = (1, 1, 1, 2, 2)
"""Of the convolutions of each encoder stage."""
FIELD_DILATION = 12
"""Of the head's 3 x 3 convolution, which gives the network its large field of view."""


@dataclass(frozen=True)
class DeepLabConfig(HeadConfig):
    """The shape of a DeepLab-LargeFOV."""

    def build(self) -> DeepLab:
        """Build the network."""
        return DeepLab(self)


NETWORKS = {'deeplab-largefov': DeepLabConfig()}
"""By the name that a checkpoint has."""


class DeepLab(Network):
    """Encoder, head, and interpolation of the scores to the size of the image."""

    config: DeepLabConfig

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        for stage, dilation in zip(self.encoder, DILATIONS, strict=True):
            _dilate(stage, dilation)
        self.head = nn.Sequential(
            *rectify(_make_wide_field(config.widths[-1], config.head_width)),
            nn.Dropout(),
            *rectify(nn.Conv2d(config.head_width, config.head_width, 1)),
            nn.Dropout(),
        )
        self.classifier = nn.Conv2d(config.head_width, config.num_classes, 1)
        self.upsampling = BilinearUpsampling(math.prod(STRIDES))
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits (N, num_classes, H, W) of images (N, 3, H, W) as SegNet does."""
        size = x.shape[2:]
        check_size(size)
        for stage, stride in zip(self.encoder, STRIDES, strict=True):
            x = F.max_pool2d(stage(x), *POOLINGS[stride], ceil_mode=True)
        return crop(self.upsampling(self.classifier(self.head(x))), size)


def _make_wide_field(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=FIELD_DILATION, dilation=FIELD_DILATION)


def _dilate(stage: nn.Module, dilation: int) -> None:
    """Let the 3 x 3 convolutions of an encoder stage see further."""
    for module in stage.modules():
        if isinstance(module, nn.Conv2d):
            module.dilation = module.padding = (dilation, dilation)
