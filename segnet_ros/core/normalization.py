"""From the bytes of an image to what the network takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

import torch
from torch import Tensor

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Normalization:
    """
    Mean and standard deviation of each RGB channel, of values from 0 to 1.

    The defaults are those that networks trained on ImageNet use. They belong to the weights and
    travel with them in the checkpoint.
    """

    mean: Triple = (0.485, 0.456, 0.406)
    std: Triple = (0.229, 0.224, 0.225)

    def __post_init__(self) -> None:
        values = (*self.mean, *self.std)
        if (
            not (len(self.mean) == len(self.std) == 3)
            or not all(isinstance(value, int | float) and isfinite(value) for value in values)
            or min(self.std) <= 0
        ):
            raise ValueError(
                'expected mean and positive standard deviation of three channels, got'
                f' {self.mean} and {self.std}'
            )

    def normalize(self, images: Tensor) -> Tensor:
        """
        Shift and scale images to mean 0 and standard deviation 1.

        :param images: RGB (N, 3, H, W), values 0 to 255, uint8 or float
        :return: float32 (N, 3, H, W), in the memory format of ``images``
        """
        mean, std = _make_constants(self, images.device)
        return (images.float() - mean) / std


@lru_cache
def _make_constants(normalization: Normalization, device: torch.device) -> tuple[Tensor, Tensor]:
    """Keep both on the device: while a CUDA graph is captured nothing can be brought there."""
    with torch.inference_mode(False):
        mean, std = (
            torch.tensor(triple, device=device).view(1, 3, 1, 1) * 255
            for triple in (normalization.mean, normalization.std)
        )
    return mean, std
