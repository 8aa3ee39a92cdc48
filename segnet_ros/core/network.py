"""What all networks have in common that a checkpoint can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import Field
from typing import Any
from typing import ClassVar
from typing import Protocol

from segnet_ros.core.pooling import Pooled
from torch import nn
from torch import Tensor


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


class Network(nn.Module):
    """
    A network from normalized images, float (N, 3, H, W), to logits, float (N, num_classes, H, W).

    Height and width may be odd; both are at least 32.

    :ivar config: its shape
    :ivar encoder: stages, without the pooling after each
    """

    config: NetworkConfig
    encoder: nn.ModuleList


class SampledNetwork(Network):
    """A network with dropout in its deeper half, of which samples can be drawn."""

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
        Compute what comes before the first dropout, and so is the same for every sample.

        :param x: as in :meth:`forward`
        :return: of each encoder stage, as far as that
        """
        raise NotImplementedError

    def finish(self, begun: Sequence[Pooled]) -> Tensor:
        """Compute the logits from what :meth:`begin` returned."""
        raise NotImplementedError


def can_be_sampled(config: NetworkConfig) -> bool:
    """Tell whether the samples of a network of this shape differ."""
    return getattr(config, 'dropout', 0.0) > 0
