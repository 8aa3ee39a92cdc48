"""Half precision on a machine without it: fp32, rounded wherever its kernels round."""

from __future__ import annotations

from collections.abc import Callable

from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.fused_network import Forward
from segnet_ros.core.engine.fused_network import FusedSegNet
from segnet_ros.core.model import SegNet
import torch
from torch import Tensor


class RoundedKernels(CpuKernels):
    """
    Kernels whose filters, biases and maps are values of another type.

    oneDNN and cuDNN add products of bf16 and fp16 up in fp32, in an order of their own, and round
    each result once: so does this, and labels may differ only where the order decides.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        """
        Compute in fp32.

        :param dtype: whose values there are
        """
        super().__init__(torch.float32)
        self._rounded_dtype = dtype

    def make_convolution(self, filters: Filters, is_rectified: bool) -> Callable[[Tensor], Tensor]:
        """Prepare a 3 x 3 convolution with bias, and ReLU where it is rectified."""
        rounded = Filters(self._round(filters.weight), self._round(filters.bias))
        convolve = super().make_convolution(rounded, is_rectified)
        return lambda x: self._round(convolve(x))

    def _round(self, x: Tensor) -> Tensor:
        return x.to(self._rounded_dtype).float()


def make_rounded_forward(checkpoint: Checkpoint, dtype: torch.dtype) -> Forward:
    """
    Compute a SegNet as if in another type.

    :param checkpoint: of a SegNet
    :param dtype: bfloat16 or float16
    :return: from normalized images, fp32, to logits, fp32
    """
    network = checkpoint.build_network().eval()
    assert isinstance(network, SegNet)
    fused = FusedSegNet(network, RoundedKernels(dtype))
    return lambda x: fused(x.to(dtype).float())
