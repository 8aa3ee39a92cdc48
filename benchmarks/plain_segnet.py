"""SegNet in the usual PyTorch form, nn.MaxPool2d and nn.MaxUnpool2d: what ours is measured by."""

from __future__ import annotations

import itertools

import torch
from torch import nn


class PlainSegNet(nn.Module):
    """Wired by hand from the paper's table; its weights have the names of ours."""

    def __init__(
        self, num_classes: int = 11, widths: tuple[int, ...] = (64, 128, 256, 512, 512)
    ) -> None:
        super().__init__()
        self.widths = widths
        a, b, c, d, e = widths
        encoder = ((3, a, a), (a, b, b), (b, c, c, c), (c, d, d, d), (d, e, e, e))
        decoder = ((e, e, e, d), (d, d, d, c), (c, c, c, b), (b, b, a), (a, a))
        self.encoder = nn.ModuleList(self.make_stage(channels) for channels in encoder)
        self.decoder = nn.ModuleList(self.make_stage(channels) for channels in decoder)
        self.classifier = nn.Conv2d(a, num_classes, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2, 2)

    @staticmethod
    def make_stage(channels: tuple[int, ...]) -> nn.Sequential:
        """Chain convolutions with batch normalization and ReLU."""
        return nn.Sequential(
            *itertools.chain.from_iterable(
                (nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())
                for a, b in itertools.pairwise(channels)
            )
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the logits, float (N, num_classes, H, W)."""
        stack = []
        for stage in self.encoder:
            x = stage(x)
            size = x.shape
            x, indices = self.pool(x)
            stack.append((indices, size))
        for stage in self.decoder:
            indices, size = stack.pop()
            x = stage(self.unpool(x, indices, output_size=size))
        logits: torch.Tensor = self.classifier(x)
        return logits
