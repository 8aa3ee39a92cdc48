"""An image as another camera would have taken it, or the same one at another time of day."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms import v2

SHARE = 0.5
"""Of the images, that are exposed in another way."""
GAMMA = (0.6, 2.5)
"""Exponent of the values, from 0 to 1: above 1 makes shadows darker."""
EXPOSURE = (0.5, 1.0)
"""Factor of the values."""
CAST = (0.9, 1.1)
"""Factor of red, green and blue, each."""
NOISE = 6.0
"""Greatest standard deviation of the noise."""


class Exposure:
    """Varies exposure, gamma and color cast; adds noise; loses color and sharpness at times."""

    def __init__(self) -> None:
        self._lose = v2.Compose(
            [
                v2.RandomGrayscale(0.1),
                v2.RandomApply([v2.GaussianBlur(5, (0.1, 2.0))], 0.2),
            ]
        )

    def __call__(self, image: Tensor) -> Tensor:
        """
        Vary an image; all randomness is PyTorch's.

        :param image: uint8 (3, H, W)
        """
        if _draw(0, 1) < SHARE:
            image = _add_noise(_expose(image))
        varied: Tensor = self._lose(image)
        return varied


def _expose(image: Tensor) -> Tensor:
    """Map the values of each channel by a table, which costs less than computing each anew."""
    values = torch.linspace(0, 1, 256) ** _draw(*GAMMA) * _draw(*EXPOSURE)
    cast = torch.tensor([_draw(*CAST) for _ in range(3)])
    table = (255 * cast[:, None] * values).clamp_(max=255).round_().to(torch.uint8)
    return table.gather(1, image.flatten(1).long()).view_as(image)


def _add_noise(image: Tensor) -> Tensor:
    noise = torch.randn(image.shape) * _draw(0, NOISE)
    return (image + noise).clamp_(0, 255).round_().to(torch.uint8)


def _draw(least: float, most: float) -> float:
    return least + (most - least) * torch.rand(()).item()
