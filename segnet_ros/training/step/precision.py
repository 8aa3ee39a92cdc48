"""Mixed precision of training."""

from __future__ import annotations

from segnet_ros.core.device import cpu_computes_bf16
import torch


def select_training_precision(name: str, device: torch.device) -> str:
    """
    Choose by capability: bf16, which needs no loss scaling, where the device computes with it.

    :param name: ``auto``, ``fp32`` or ``bf16``
    :param device: where it will be computed
    :return: ``fp32`` or ``bf16``
    """
    if name != 'auto':
        return name
    if device.type == 'cuda':  # older ones only emulate it
        has_bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
    else:
        has_bf16 = cpu_computes_bf16()
    return 'bf16' if has_bf16 else 'fp32'


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """
    Compute convolutions in the given precision, where that is not fp32.

    :param device: where it is computed
    :param precision: ``fp32`` or ``bf16``; weights stay fp32, and bf16 needs no loss scaling
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == 'bf16')
