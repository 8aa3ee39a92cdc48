"""How samples are varied, and resized: image and label image alike."""

from __future__ import annotations

from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows
from torchvision.transforms import v2

AUGMENTATIONS = ('flip-and-light', 'none')


def make_augmentation(name: str) -> v2.Transform:
    """
    Flip, and change the light; whole images, because SegNet learns from what is where.

    :param name: one of :data:`AUGMENTATIONS`; none is what the paper does
    """
    if name == 'none':
        return v2.Identity()
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
        ]
    )


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
