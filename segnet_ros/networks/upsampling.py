"""Upsampling that begins as exact bilinear interpolation, and may be learned from there."""

from __future__ import annotations

import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows


class Deconvolution(nn.ConvTranspose2d):
    """
    A learned deconvolution that begins as bilinear interpolation of each channel by itself.

    At the border too: the outermost pixels are repeated, where zeros would darken it.
    """

    def __init__(self, before: int, after: int, factor: int, kernel_size: int) -> None:
        """
        Begin as interpolation of the first channels, as many as both have.

        :param before: channels of the input
        :param after: channels of the output
        :param factor: by which height and width grow, even
        :param kernel_size: even, at least twice the factor
        """
        # Of one more pixel on each side, what it makes is cut off.
        padding = (kernel_size - factor) // 2 + factor
        super().__init__(before, after, kernel_size, factor, padding, bias=False)
        with torch.no_grad():
            self.weight.zero_()
            for channel in range(min(before, after)):
                self.weight[channel, channel] = make_bilinear_kernel(factor, kernel_size)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Enlarge (N, before, h, w) to (N, after, factor * h, factor * w)."""
        return super().forward(F.pad(x, (1, 1, 1, 1), mode='replicate'))


class BilinearUpsampling(nn.Module):
    """Bilinear interpolation, in which nothing is learned."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self._factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge (N, C, h, w) to (N, C, factor * h, factor * w)."""
        return F.interpolate(x, scale_factor=self._factor, mode='bilinear')


def make_bilinear_kernel(factor: int, kernel_size: int) -> Tensor:
    """
    Make the filter of a deconvolution that interpolates.

    :param factor: its stride, even
    :param kernel_size: even, at least twice the factor; what is more stays zero
    :return: float (kernel_size, kernel_size)
    """
    # On the meta device this arithmetic would make PyTorch load its compiler, two seconds long.
    distance = torch.arange(kernel_size, device='cpu') - (kernel_size - 1) / 2
    weights = (1 - distance.abs() / factor).clamp(min=0)
    return weights[:, None] * weights


def crop(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Cut off the rows below and columns on the right that a rounded-up pooling has added."""
    return x[:, :, : size[0], : size[1]]
