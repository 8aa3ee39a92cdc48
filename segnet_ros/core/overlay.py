"""Label images to colors, blended with the camera image."""

from __future__ import annotations

import torch
from torch import Tensor


def colorize(label: Tensor, palette: Tensor) -> Tensor:
    """
    Paint each class in its color.

    :param label: label image, uint8 (H, W)
    :param palette: RGB by class id, uint8 (256, 3)
    :return: RGB, uint8 (H, W, 3)
    """
    return palette[label.int()]


def blend(image: Tensor, color: Tensor, opacity: float | Tensor) -> Tensor:
    """
    Lay colors over an image.

    :param image: RGB, uint8 (H, W, 3)
    :param color: RGB, uint8 (H, W, 3)
    :param opacity: share of the color, 0 (image alone) to 1 (color alone)
    :return: RGB, uint8 (H, W, 3), rounded to nearest
    """
    return torch.lerp(image.float(), color.float(), opacity).add_(0.5).to(torch.uint8)
