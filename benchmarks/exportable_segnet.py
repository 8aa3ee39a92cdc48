"""The plain SegNet without unpooling operators, which neither ONNX nor OpenVINO have."""

from __future__ import annotations

from plain_segnet import PlainSegNet
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows


class ExportableSegNet(PlainSegNet):
    """Pooling indices are kept as four masks; unpooling multiplies, and shuffles into place."""

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits, float (N, num_classes, H, W)."""
        stack = []
        for stage in self.encoder:
            x = stage(x)
            size = x.shape[2:]
            x = F.pad(x, (0, size[1] % 2, 0, size[0] % 2), value=-1)  # ReLU leaves nothing below 0
            x, masks = pool(x)
            stack.append((masks, size))
        for stage in self.decoder:
            masks, size = stack.pop()
            x = stage(unpool(x, masks)[:, :, : size[0], : size[1]])
        logits: Tensor = self.classifier(x)
        return logits


def pool(x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Find the maximum of each window, and where it is first."""
    a, b, c, d = (x[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1))
    top, bottom = torch.maximum(a, b), torch.maximum(c, d)
    in_top, left_in_top, left_in_bottom = top >= bottom, a >= b, c >= d
    masks = [
        in_top & left_in_top,
        in_top & ~left_in_top,
        ~in_top & left_in_bottom,
        ~in_top & ~left_in_bottom,
    ]
    return torch.maximum(top, bottom), masks


def unpool(x: Tensor, masks: list[Tensor]) -> Tensor:
    """Put each value into the corner of its window, zeros elsewhere."""
    corners = torch.stack([x * mask.to(x.dtype) for mask in masks], dim=2)
    return F.pixel_shuffle(corners.flatten(1, 2), 2)
