"""What lies between an encoder and the scores of the classes."""

from __future__ import annotations

from dataclasses import dataclass

from segnet_ros.core.encoder import are_positive
from segnet_ros.core.encoder import EncoderConfig
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

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


class WideConvolution(nn.Conv2d):
    """
    A convolution of stride 1 without a change of size, as one product of matrices.

    For a kernel that is about as large as the map, with more weights than the map has values:
    oneDNN puts all weights into another order at each call, which takes a training on a CPU 30
    times as long as the convolution.
    """

    def __init__(self, before: int, after: int, kernel_size: int) -> None:
        """
        Make the weights.

        :param kernel_size: odd
        """
        super().__init__(before, after, kernel_size, padding=kernel_size // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve maps (N, C, H, W)."""
        size = self.kernel_size[0]
        seen = F.pad(x, [size // 2] * 4).unfold(2, size, 1).unfold(3, size, 1)
        # Channels last, so that no weight is moved where the network is kept in that order.
        rows = seen.permute(0, 2, 3, 4, 5, 1).flatten(3)
        filters = self.weight.permute(0, 2, 3, 1).flatten(1)
        return F.linear(rows, filters, self.bias).permute(0, 3, 1, 2)


class WideDeconvolution(nn.ConvTranspose2d):
    """The transpose of :class:`WideConvolution`, for the same reason as one product."""

    def __init__(self, before: int, after: int, kernel_size: int) -> None:
        """
        Make the weights.

        :param kernel_size: odd
        """
        super().__init__(before, after, kernel_size, padding=kernel_size // 2)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # has but one size
        """Deconvolve maps (N, C, H, W); the size stays."""
        size = x.shape[2:]
        padding = self.kernel_size[0] // 2
        filters = self.weight.permute(0, 2, 3, 1).flatten(1)
        spread = x.permute(0, 2, 3, 1).flatten(1, 2) @ filters
        patches = spread.unflatten(2, (-1, self.out_channels)).transpose(2, 3).flatten(2)
        y = F.fold(patches.transpose(1, 2), size, self.kernel_size, padding=padding)
        return y if self.bias is None else y + self.bias[:, None, None]
