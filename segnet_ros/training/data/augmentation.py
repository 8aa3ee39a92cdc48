"""How samples are varied, and resized: image and label image alike."""

from __future__ import annotations

import math

from segnet_ros.core.labels import UNLABELED
from segnet_ros.training.data.exposure import Exposure
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows
from torchvision import tv_tensors
from torchvision.transforms import v2

AUGMENTATIONS = ('zoom-flip-and-exposure', 'zoom-flip-and-light', 'flip-and-light', 'none')
ZOOM = (0.75, 2.0)
"""How many times larger things get, at least and at most."""
STRETCH = 1.2
"""How many times wider or higher, at most."""


class Augmentation:
    """Makes samples of one size from images of any; all randomness is PyTorch's."""

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        """
        Choose what is varied.

        :param name: one of :data:`AUGMENTATIONS`; none is what the paper does
        :param size: height and width of the samples
        """
        self._size = size
        self._is_zoomed = name.startswith('zoom')
        self._expose = Exposure() if name.endswith('exposure') else None
        self._change = (
            v2.Identity()
            if name == 'none'
            else v2.Compose(
                [
                    v2.RandomHorizontalFlip(),
                    v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
                ]
            )
        )

    def __call__(self, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """
        Make one sample.

        :param image: uint8 (3, H, W)
        :param label: uint8 (H, W)
        """
        if self._is_zoomed:
            image, label = cut_window(image, label, self._size)
        # Resized first: the changes of light then cost less.
        images, labels = resize(image[None], label[None], self._size)
        image = self._expose(images[0]) if self._expose else images[0]
        image, label = self._change(tv_tensors.Image(image), tv_tensors.Mask(labels[0]))
        return image.as_subclass(Tensor), label.as_subclass(Tensor)


def cut_window(image: Tensor, label: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """
    Cut a random window which, once resized, shows things larger or smaller than the whole image.

    Where it reaches beyond the image, it is black and unlabeled.

    :param image: uint8 (3, H, W)
    :param label: uint8 (H, W)
    :param size: height and width that the window will be resized to, of which it has the shape,
        give or take :data:`STRETCH`
    """
    height, width = label.shape
    zoom = _draw_factor(*ZOOM)
    stretch = math.sqrt(_draw_factor(1 / STRETCH, STRETCH))
    # Without zoom the smallest window of this shape that holds the whole image.
    unit = max(height / size[0], width / size[1]) / zoom
    extents = [round(size[0] * unit * stretch), round(size[1] * unit / stretch)]
    starts = [
        _draw_between(whole - extent)
        for whole, extent in zip((height, width), extents, strict=True)
    ]
    return _crop(image, starts, extents, 0), _crop(label, starts, extents, UNLABELED)


def _draw_factor(least: float, most: float) -> float:
    """Draw a factor, as likely above its geometric mean as below."""
    return least * (most / least) ** torch.rand(()).item()


def _draw_between(slack: int) -> int:
    """Draw an integer from 0 to the slack, which may be negative."""
    return round(slack * torch.rand(()).item())


def _crop(x: Tensor, starts: list[int], extents: list[int], fill: int) -> Tensor:
    """Crop the last two dimensions, filling in what lies outside."""
    padding = []
    for start, extent, whole in zip(starts, extents, x.shape[-2:], strict=True):
        padding.append((max(0, -start), max(0, start + extent - whole)))
    x = F.pad(x, (*padding[1], *padding[0]), value=fill)
    (top, left), (height, width) = (max(0, start) for start in starts), extents
    return x[..., top : top + height, left : left + width]


def resize(image: Tensor, label: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """
    Resize images and label images alike; labels are never interpolated.

    Not torchvision's transform of both, which takes the upper left neighbor for labels and so
    moves them by up to half a pixel against the image.

    :param image: uint8 (N, 3, H, W)
    :param label: uint8 (N, H, W)
    :param size: height and width wanted
    """
    if image.shape[2:] == size:
        return image, label
    image = v2.functional.resize(image, list(size), antialias=True)
    label = F.interpolate(label[:, None], size, mode='nearest-exact')[:, 0]
    return image, label
