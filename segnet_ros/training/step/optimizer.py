"""The optimizers of the recipes."""

from __future__ import annotations

import torch
from torch import nn


def make_optimizer(
    network: nn.Module, name: str, learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """
    Make AdamW or SGD; biases and batch normalization do not decay, as in the released solver.

    :param network: whose parameters it changes
    :param name: ``adamw`` or ``sgd``, which has a momentum of 0.9 (the paper, section 3.2)
    :param learning_rate: peak of the schedule
    :param weight_decay: of filters
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {'params': [p for p in parameters if p.dim() > 1], 'weight_decay': weight_decay},
        {'params': [p for p in parameters if p.dim() <= 1], 'weight_decay': 0.0},
    ]
    if name == 'sgd':
        return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9)
    # One kernel for all parameters, where it would take PyTorch hundreds on a GPU.
    is_fused = parameters[0].device.type == 'cuda' or None
    return torch.optim.AdamW(groups, lr=learning_rate, fused=is_fused)
