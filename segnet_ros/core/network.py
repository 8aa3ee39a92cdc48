"""What all networks have in common that a checkpoint can hold."""

from __future__ import annotations

from dataclasses import Field
from typing import Any
from typing import ClassVar
from typing import Protocol

from torch import nn


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
