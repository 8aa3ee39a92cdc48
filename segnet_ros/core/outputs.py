"""From logits to what a prediction holds: label, confidence, color, overlay, uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
import math

from segnet_ros.core.labels import UNLABELED
from segnet_ros.core.overlay import blend
from segnet_ros.core.overlay import colorize
from segnet_ros.core.selection import ALL
from segnet_ros.core.selection import Selection
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

OUTPUTS = ('label', 'confidence', 'color', 'overlay', 'uncertainty')
"""What a predictor can be asked for."""
USUAL_OUTPUTS = ('label', 'confidence', 'color', 'overlay')
"""What it is often asked for."""


def compute_outputs(
    logits: Tensor,
    image: Tensor,
    palette: Tensor,
    outputs: Sequence[str],
    opacity: Tensor,
    selection: Selection,
) -> dict[str, Tensor]:
    """
    Compute what is asked for, at the size of the image.

    :param logits: of one image, (1, C, h, w)
    :param image: RGB, uint8 (H, W, 3)
    :param palette: RGB by class id, uint8 (256, 3)
    :param outputs: which of :data:`OUTPUTS`
    :param opacity: share of the color in the overlay, 0 to 1, float32 scalar
    :param selection: which pixels keep their label; in the overlay, the others show the image
    :return: uint8 (H, W), color and overlay (H, W, 3), by name
    """
    logits = resize_logits(logits, image.shape[:2])
    highest, class_id = logits.max(dim=1)
    label = class_id[0].to(torch.uint8)
    computed = {}
    if selection.class_ids is not None:
        label = make_table(selection.class_ids, label.device)[label.int()]
    if 'confidence' in outputs or selection.least:
        softmax = (highest - logits.logsumexp(dim=1)).exp_()
        confidence = softmax[0].mul_(255).round_().to(torch.uint8)
        computed['confidence'] = confidence
        if selection.least:
            label = label.masked_fill(confidence < selection.least, UNLABELED)
    computed['label'] = label
    if 'color' in outputs or 'overlay' in outputs:
        computed['color'] = colorize(label, palette)
    if 'overlay' in outputs:
        overlay = blend(image, computed['color'], opacity)
        if selection != ALL:  # else no pixel is unlabeled
            overlay = torch.where((label == UNLABELED)[..., None], image, overlay)
        computed['overlay'] = overlay
    if 'uncertainty' in outputs:
        computed['uncertainty'] = compute_uncertainty(logits)
    return {name: computed[name] for name in outputs}


def compute_uncertainty(logits: Tensor) -> Tensor:
    """
    Compute the entropy of the softmax, as a share of the highest there can be.

    :param logits: of one image, float32 (1, C, H, W)
    :return: uint8 (H, W): 0 where one class is certain, 255 where all are equally likely
    """
    entropy: Tensor = torch.special.entr(logits[0].softmax(dim=0)).sum(dim=0)
    highest = math.log(max(2, logits.shape[1]))
    return (entropy * (255 / highest)).clamp_(0, 255).round_().to(torch.uint8)


@lru_cache
def make_table(class_ids: tuple[int, ...], device: torch.device) -> Tensor:
    """
    Make the table that labels are looked up in.

    :param class_ids: those to keep, 0 to 254
    :return: uint8 (256,): of a class that is kept its id, of all others 255
    """
    table = torch.full((256,), UNLABELED, dtype=torch.uint8)
    table[list(class_ids)] = torch.tensor(class_ids, dtype=torch.uint8)
    return table.to(device)


def resize_logits(logits: Tensor, size: tuple[int, ...]) -> Tensor:
    """Turn logits (N, C, h, w) into float32 (N, C, *size)."""
    logits = logits.float()
    if logits.shape[2:] != size:
        logits = F.interpolate(logits, size, mode='bilinear', align_corners=False)
    return logits
