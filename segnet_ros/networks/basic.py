"""
SegNet-Basic and its relatives: one shallow encoder, eight ways to decode.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation", TPAMI 2017, section 3.1, figure 3 and table 1; layers of
SegNet-Basic as in the authors' released ``segnet_basic_train.prototxt``.

Where the paper leaves it open:

* Images are normalized as everywhere in this package, in place of a local contrast normalization.
* The encoder maps that are added are the pooled ones, as the paper says of FCN-Basic and as the
  storage in its table 1 counts; so the outermost decoder stage adds none.
* Deconvolutions are bare, without batch normalization, so that they begin as interpolation. Where
  the channels are not reduced first, a 1 x 1 convolution classifies at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segnet_ros.core.encoder import are_positive
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import is_share
from segnet_ros.core.network import CERTAIN
from segnet_ros.core.network import SampledNetwork
from segnet_ros.core.pooling import Pooled
from segnet_ros.core.pooling import unpool
from segnet_ros.networks.upsampling import BilinearUpsampling
from segnet_ros.networks.upsampling import crop
from segnet_ros.networks.upsampling import Deconvolution
from torch import nn
from torch import Tensor

KERNEL_SIZE = 7
DECONVOLUTION_SIZE = 8
DECODERS = ('unpool', 'unpool-single-channel', 'deconvolution', 'bilinear')


@dataclass(frozen=True)
class BasicConfig:
    """The shape of SegNet-Basic, or what a relative has in its place."""

    num_classes: int = 11
    widths: tuple[int, ...] = (64, 64, 64, 64)
    """Channels of each encoder stage; all alike, because maps of one are added to another's."""
    decoder: str = 'unpool'
    """How a decoder stage enlarges its maps: by unpooling and a convolution, or otherwise."""
    adds_encoder: bool = False
    """Whether pooled encoder maps are added to those of the decoder of the same size."""
    reduces: bool = False
    """Whether encoder maps are reduced to a channel per class; not with their indices."""
    dropout: float = 0.0
    """Share of the features that is left out after each of the deeper stages, in training."""

    def __post_init__(self) -> None:
        if not self.widths or not are_positive(self.num_classes, *self.widths):
            raise ValueError(
                'expected at least one class and a width for each stage, got'
                f' num_classes={self.num_classes!r} and widths={self.widths}'
            )
        if len(set(self.widths)) > 1:
            raise ValueError(f'expected the same width for each stage, got widths={self.widths}')
        if self.decoder not in DECODERS or not is_share(self.dropout):
            raise ValueError(
                f'expected a decoder of {", ".join(DECODERS)} and a dropout from 0 to below 1,'
                f' got {self.decoder!r} and {self.dropout!r}'
            )
        if self.reduces and self.decoder.startswith('unpool'):
            raise ValueError(
                'expected all encoder maps to be decoded where their indices are used, got'
                f' decoder={self.decoder!r} with reduces={self.reduces!r}'
            )

    def build(self) -> BasicNetwork:
        """Build the network."""
        return BasicNetwork(self)


NETWORKS = {
    'segnet-basic': BasicConfig(),
    'bayesian-segnet-basic': BasicConfig(dropout=0.5),
    'segnet-basic-encoder-addition': BasicConfig(adds_encoder=True),
    'segnet-basic-single-channel-decoder': BasicConfig(decoder='unpool-single-channel'),
    'fcn-basic': BasicConfig(decoder='deconvolution', adds_encoder=True, reduces=True),
    'fcn-basic-no-addition': BasicConfig(decoder='deconvolution', reduces=True),
    'fcn-basic-no-dim-reduction': BasicConfig(decoder='deconvolution', adds_encoder=True),
    'fcn-basic-no-addition-no-dim-reduction': BasicConfig(decoder='deconvolution'),
    'bilinear-interpolation': BasicConfig(decoder='bilinear', reduces=True),
}
"""By the name that a checkpoint has."""


class BasicNetwork(SampledNetwork):
    """
    Four encoder stages of one 7 x 7 convolution each, and as many decoder stages.

    SegNet-Basic has 1,416,075 parameters for 11 classes.
    """

    config: BasicConfig

    def __init__(self, config: BasicConfig) -> None:
        super().__init__()
        self.config = config
        width, last = config.widths[0], len(config.widths) - 1
        decoded = config.num_classes if config.reduces else width
        self.encoder = nn.ModuleList(
            nn.Sequential(*_make_filters(before, width), nn.ReLU(inplace=True))
            for before in (3, *config.widths[:-1])
        )
        self.reductions = nn.ModuleList(
            nn.Conv2d(width, config.num_classes, 1, bias=False)
            if config.reduces and (config.adds_encoder or number == last)
            else nn.Identity()
            for number in range(last + 1)
        )
        self.decoder = nn.ModuleList(
            _make_decoder_stage(config.decoder, decoded) for _ in config.widths
        )
        self.classifier = (
            nn.Identity() if config.reduces else nn.Conv2d(width, config.num_classes, 1)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.apply(initialize)

    def decode(self, x: Tensor, poolings: Sequence[Pooled]) -> Tensor:
        """Enlarge stage by stage, with what the encoder has kept of each, and classify."""
        x = self.reductions[-1](x)
        for number, stage in zip(reversed(range(len(poolings))), self.decoder, strict=True):
            x = stage(x, poolings[number])
            if self.config.adds_encoder and number:
                x = x + self.reductions[number - 1](poolings[number - 1].features)
            if number >= CERTAIN:
                x = self.dropout(x)
        logits: Tensor = self.classifier(x)
        return logits


class UnpoolingStage(nn.Module):
    """Unpool with the encoder's indices, and make the sparse maps dense."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.filters = nn.Sequential(*_make_filters(width, width, groups))

    def forward(self, x: Tensor, pooled: Pooled) -> Tensor:
        """Decode (N, width, h, w) to the size before the pooling."""
        dense: Tensor = self.filters(unpool(x, pooled.indices, pooled.size))
        return dense


class EnlargingStage(nn.Module):
    """Enlarge without the encoder's indices."""

    def __init__(self, upsampling: nn.Module) -> None:
        super().__init__()
        self.upsampling = upsampling

    def forward(self, x: Tensor, pooled: Pooled) -> Tensor:
        """Decode (N, C, h, w) to the size before the pooling."""
        return crop(self.upsampling(x), pooled.size)


def _make_filters(before: int, after: int, groups: int = 1) -> tuple[nn.Module, ...]:
    """Convolve and normalize; no biases, says section 3.1."""
    convolution = nn.Conv2d(
        before, after, KERNEL_SIZE, padding=KERNEL_SIZE // 2, groups=groups, bias=False
    )
    return convolution, nn.BatchNorm2d(after)


def _make_decoder_stage(kind: str, channels: int) -> nn.Module:
    if kind == 'deconvolution':
        return EnlargingStage(Deconvolution(channels, channels, 2, DECONVOLUTION_SIZE))
    if kind == 'bilinear':
        return EnlargingStage(BilinearUpsampling(2))
    return UnpoolingStage(channels, channels if kind == 'unpool-single-channel' else 1)
