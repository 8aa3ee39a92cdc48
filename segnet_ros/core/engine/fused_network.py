"""A trained SegNet with folded batch normalization: convolution, bias and ReLU at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.folding import fold_stage
from segnet_ros.core.engine.folding import take_filters
from segnet_ros.core.model import SegNet
from segnet_ros.core.pooling import Pooled
from torch import Tensor

Forward = Callable[[Tensor], Tensor]
"""From normalized images, (N, 3, H, W) of the engine's type, to logits (N, num_classes, H, W)."""


class Kernels(Protocol):
    """What a device computes a SegNet with, in channels-last memory."""

    def make_convolution(self, filters: Filters, is_rectified: bool) -> Forward:
        """Prepare a 3 x 3 convolution with bias, and ReLU where it is rectified."""

    def max_pool(self, x: Tensor) -> Pooled:
        """Pool as :func:`segnet_ros.core.pooling.max_pool`; indices of any form."""

    def unpool(self, x: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
        """Unpool with indices and size that :meth:`max_pool` gave."""


class FusedSegNet:
    """A SegNet of folded convolutions."""

    def __init__(self, network: SegNet, kernels: Kernels) -> None:
        """
        Fold and prepare all filters.

        :param network: trained, in fp32, on the CPU
        :param kernels: of the device that will compute
        """
        self._kernels = kernels
        self._encoder, self._decoder = (
            [
                [kernels.make_convolution(filters, True) for filters in fold_stage(stage)]
                for stage in stages
            ]
            for stages in (network.encoder, network.decoder)
        )
        self._classify = kernels.make_convolution(take_filters(network.classifier), False)

    def __call__(self, x: Tensor) -> Tensor:
        """
        Compute the logits of each class for each pixel.

        :param x: normalized images, (N, 3, H, W), channels-last, of the kernels' type
        :return: logits, (N, num_classes, H, W), of that type
        """
        kept = []
        for stage in self._encoder:
            for convolve in stage:
                x = convolve(x)
            x, indices, size = self._kernels.max_pool(x)
            kept.append((indices, size))  # not the features, whose memory others may have
        for stage in self._decoder:
            x = self._kernels.unpool(x, *kept.pop())
            for convolve in stage:
                x = convolve(x)
        return self._classify(x)
