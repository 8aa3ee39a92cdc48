"""Memory for the feature maps that our own kernels write."""

from __future__ import annotations

import torch
from torch import Tensor


def make_map(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """
    Allocate a feature map, channels-last, with any values.

    :param shape: (N, C, H, W)
    """
    return torch.empty(shape, dtype=dtype, device=device, memory_format=torch.channels_last)
