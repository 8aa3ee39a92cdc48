"""From logits to what a prediction holds: label, confidence, color, overlay."""

from __future__ import annotations

from collections.abc import Sequence

from segnet_ros.core.overlay import blend
from segnet_ros.core.overlay import colorize
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

OUTPUTS = ('label', 'confidence', 'color', 'overlay')
"""What a predictor can be asked for."""


def compute_outputs(
    logits: Tensor,
    image: Tensor,
    palette: Tensor,
    outputs: Sequence[str],
    opacity: float | Tensor,
) -> dict[str, Tensor]:
    """
    Compute what is asked for, at the size of the image.

    :param logits: of one image, (1, C, h, w)
    :param image: RGB, uint8 (H, W, 3)
    :param palette: RGB by class id, uint8 (256, 3)
    :param outputs: which of :data:`OUTPUTS`
    :param opacity: share of the color in the overlay, 0 to 1
    :return: uint8 (H, W), color and overlay (H, W, 3), by name
    """
    logits = resize_logits(logits, image.shape[:2])
    highest, label = logits.max(dim=1)
    computed = {'label': label[0].to(torch.uint8)}
    if 'confidence' in outputs:
        softmax = (highest - logits.logsumexp(dim=1)).exp_()
        computed['confidence'] = softmax[0].mul_(255).round_().to(torch.uint8)
    if 'color' in outputs or 'overlay' in outputs:
        computed['color'] = colorize(computed['label'], palette)
    if 'overlay' in outputs:
        computed['overlay'] = blend(image, computed['color'], opacity)
    return {name: computed[name] for name in outputs}


def resize_logits(logits: Tensor, size: tuple[int, ...]) -> Tensor:
    """Turn logits (N, C, h, w) into float32 (N, C, *size)."""
    logits = logits.float()
    if logits.shape[2:] != size:
        logits = F.interpolate(logits, size, mode='bilinear', align_corners=False)
    return logits
