"""What all networks have in common that a checkpoint can hold."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import Field
from typing import Any
from typing import ClassVar
from typing import Protocol

from segnet_ros.core.encoder import check_size
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import Pooled
import torch
from torch import nn
from torch import Tensor

CERTAIN = 2
"""Encoder stages, and as many of the decoder, that have no dropout."""


class NetworkConfig(Protocol):
    """The shape of a network: a frozen dataclass of JSON values."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def num_classes(self) -> int:
        """Number of classes that it tells apart."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each encoder stage."""

    def build(self) -> Network:
        """Build the network."""


def make_shapes(config: NetworkConfig) -> Network:
    """Make a network of names and shapes alone, which takes no memory."""
    with torch.device('meta'):
        return config.build()


class Network(nn.Module):
    """
    A network from normalized images, float (N, 3, H, W), to logits, float (N, num_classes, H, W).

    Height and width may be odd; both are at least 32.

    :ivar config: its shape
    :ivar encoder: stages, without the pooling after each
    """

    config: NetworkConfig
    encoder: nn.ModuleList


class SampledNetwork(Network, ABC):
    """
    A network with dropout in its deeper half, of which samples can be drawn.

    :ivar dropout: after each of the deeper stages
    """

    dropout: nn.Dropout

    def forward(self, x: Tensor) -> Tensor:
        """
        Compute the logits of each class for each pixel.

        :param x: normalized images, float (N, 3, H, W) with H and W of at least 32
        :return: logits, float (N, num_classes, H, W)
        :raises ValueError: if the images are smaller than 32 x 32
        """
        return self.finish(self.begin(x))

    def begin(self, x: Tensor) -> list[Pooled]:
        """
        Encode what comes before the first dropout, and so is the same for every sample.

        :param x: as in :meth:`forward`
        :return: of each encoder stage, as far as that
        """
        check_size(x.shape[2:])
        poolings: list[Pooled] = []
        for stage in self.encoder[: CERTAIN + 1]:
            poolings.append(max_pool(stage(x)))
            x = poolings[-1].features
        return poolings

    def finish(self, begun: Sequence[Pooled]) -> Tensor:
        """Encode the other stages, and decode: the logits from what :meth:`begin` returned."""
        poolings = list(begun)
        x = self.dropout(begun[-1].features)
        for stage in self.encoder[len(begun) :]:
            poolings.append(max_pool(stage(x)))
            x = self.dropout(poolings[-1].features)
        return self.decode(x, poolings)

    @abstractmethod
    def decode(self, x: Tensor, poolings: Sequence[Pooled]) -> Tensor:
        """
        Compute the logits from what the encoder has found.

        :param x: pooled features of its last stage, some of them left out
        :param poolings: of each of its stages
        """


def can_be_sampled(config: NetworkConfig) -> bool:
    """Tell whether the samples of a network of this shape differ."""
    return getattr(config, 'dropout', 0.0) > 0
