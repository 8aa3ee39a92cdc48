"""What lies between an encoder and the scores of the classes."""

from __future__ import annotations

from dataclasses import dataclass

from segnet_ros.core.encoder import are_positive
from segnet_ros.core.encoder import EncoderConfig
from torch import nn

STAGES = 5


@dataclass(frozen=True)
class HeadConfig(EncoderConfig):
    """The shape of a network with VGG16's five stages and a head after them."""

    head_width: int = 1024
    """Channels of what were VGG16's fully connected layers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.widths) != STAGES or not are_positive(self.head_width):
            raise ValueError(
                f'expected {STAGES} stages and a head_width of at least 1, got'
                f' widths={self.widths} and head_width={self.head_width!r}'
            )


def make_convolution(
    before: int, after: int, kernel_size: int, dilation: int = 1
) -> tuple[nn.Module, ...]:
    """
    Convolve without a change of size, normalize, rectify.

    :param kernel_size: odd
    :param dilation: pixels from one tap to the next
    """
    padding = dilation * (kernel_size // 2)
    return (
        nn.Conv2d(before, after, kernel_size, padding=padding, dilation=dilation),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
