"""Batch normalization's running statistics, computed anew."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn
from torch import Tensor


def recompute_batch_norm(network: nn.Module, batches: Iterable[Tensor]) -> None:
    raise AssertionError(network, batches)  # comes with branch metrics
