"""
SegNet: the VGG16 encoder, and the decoder that unpools with the encoder's pooling indices.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation", TPAMI 2017, section 3 and figure 2; layers as in the
authors' released ``segnet_train.prototxt``. With dropout it is the Bayesian SegNet of Kendall,
Badrinarayanan, Cipolla, "Bayesian SegNet", BMVC 2017, whose six dropouts are those of
``bayesian_segnet_train.prototxt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import is_share
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.encoder import make_stage
from segnet_ros.core.network import CERTAIN
from segnet_ros.core.network import SampledNetwork
from segnet_ros.core.pooling import Pooled
from segnet_ros.core.pooling import unpool
from torch import nn
from torch import Tensor


@dataclass(frozen=True)
class SegNetConfig(EncoderConfig):
    """The shape of a SegNet; the defaults are the paper's, with CamVid's 11 classes."""

    dropout: float = 0.0
    """Share of the features that is left out after each of the deeper stages, in training."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_share(self.dropout):
            raise ValueError(f'expected a dropout from 0 to below 1, got {self.dropout!r}')

    def build(self) -> SegNet:
        """Build the network."""
        return SegNet(self)


NETWORKS = {'segnet': SegNetConfig(), 'bayesian-segnet': SegNetConfig(dropout=0.5)}
"""By the name that a checkpoint has."""


class SegNet(SampledNetwork):
    """
    The network of figure 2: five encoder stages, five decoder stages, a bare classifier.

    With the default configuration 13 convolutions encode and 13 decode, the last of which is the
    classifier: 29,449,355 parameters for 11 classes.
    """

    config: SegNetConfig

    def __init__(self, config: SegNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        # Mirrored: the channels change in the last convolution of a decoder stage. The outermost
        # stage is one convolution shorter, because the classifier takes its place.
        outputs = (None, *config.widths[:-1])
        self.decoder = nn.ModuleList(
            make_stage([width] * depth + ([after] if after is not None else []))
            for after, width, depth in reversed(
                list(zip(outputs, config.widths, config.depths, strict=True))
            )
        )
        self.classifier = nn.Conv2d(config.widths[0], config.num_classes, 3, padding=1)
        self.dropout = nn.Dropout(config.dropout)
        self.apply(initialize)

    def decode(self, x: Tensor, poolings: Sequence[Pooled]) -> Tensor:
        """Enlarge stage by stage, with what the encoder has kept of each, and classify."""
        for number, stage in zip(reversed(range(len(poolings))), self.decoder, strict=True):
            pooled = poolings[number]
            x = stage(unpool(x, pooled.indices, pooled.size))
            if number >= CERTAIN:
                x = self.dropout(x)
        logits: Tensor = self.classifier(x)
        return logits
