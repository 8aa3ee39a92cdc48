"""What changes the weights, and in which precision their gradients are computed."""

from __future__ import annotations

import argparse

from segnet_ros.core.predictor import cpu_computes_bf16
import torch
from torch import nn


def make_optimizer(network: nn.Module, options: argparse.Namespace) -> torch.optim.Optimizer:
    """
    AdamW or SGD; biases and batch normalization do not decay, as in the released solver.

    :param options: ``optimizer``, ``learning_rate`` and ``weight_decay`` count
    """
    filters = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [
        {'params': filters, 'weight_decay': options.weight_decay},
        {'params': others, 'weight_decay': 0.0},
    ]
    if options.optimizer == 'sgd':
        return torch.optim.SGD(groups, lr=options.learning_rate, momentum=0.9)
    return torch.optim.AdamW(groups, lr=options.learning_rate)


def select_training_precision(name: str, device: torch.device) -> str:
    """
    Choose a precision to train in, by capability.

    :param name: ``fp32``, ``bf16``, or ``auto`` for bf16 where the device computes with it
    :return: ``fp32`` or ``bf16``
    """
    if name != 'auto':
        return name
    if device.type == 'cuda':  # older ones only emulate it
        has_bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
    else:
        has_bf16 = cpu_computes_bf16()
    return 'bf16' if has_bf16 else 'fp32'
