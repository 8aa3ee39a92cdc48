"""Statistics of batch normalization, computed anew for weights that have been changed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import torch
from torch import nn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm


def recompute_batch_norm(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """
    Replace running means and variances by their averages over the batches.

    The running ones lag behind the weights, and do not belong to averaged weights at all. Every
    batch counts the same, so they should be of one size. Only batch normalization is in training
    mode meanwhile; dropout, where there is any, is off, as when images are segmented.

    Source: SegNet (TPAMI 2017), section 4.1, and the authors' compute_bn_statistics.py, which
    averages the unbiased variances within batches, too.

    :param network: its statistics are changed in place; momentum and modes stay what they are
    :param batches: inputs of the network, float (N, 3, H, W) each, on its device
    :raises ValueError: if there is no batch; then nothing is changed
    """
    remaining = iter(batches)
    first = next(remaining, None)
    if first is None:
        raise ValueError('expected at least one batch to compute statistics of, got none')
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    modes = [(module, module.training) for module in network.modules()]
    try:
        network.eval()
        for norm in norms:
            norm.train()
            norm.reset_running_stats()
            norm.momentum = None  # the cumulative average
        with torch.no_grad():
            for batch in chain([first], remaining):
                network(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, is_training in modes:
            module.training = is_training
