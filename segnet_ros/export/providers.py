"""Which of ONNX Runtime's execution providers compute, and with which options."""

from __future__ import annotations

from collections.abc import Iterable
import os
from pathlib import Path
from typing import Any

import torch

TENSORRT = 'TensorrtExecutionProvider'
ON_CUDA = ('NvTensorRTRTXExecutionProvider', TENSORRT, 'CUDAExecutionProvider')
"""Those that compute where PyTorch's CUDA tensors are."""
REMOTE = ('AzureExecutionProvider',)
"""Those that would send images elsewhere."""


def choose_providers(
    available: Iterable[str], device: torch.device, precision: str, key: str
) -> list[tuple[str, dict[str, Any]]]:
    """
    Choose providers, in the order of ONNX Runtime's preference.

    :param available: of ``onnxruntime.get_available_providers()``
    :param device: of PyTorch; those for a GPU count where it is one, the others on a CPU
    :param precision: of the model, ``fp32`` or ``fp16``
    :param key: what the model is recognized by; another network has another
    :return: names, with options
    """
    return [
        (name, _choose_options(name, device, precision, key))
        for name in available
        if name not in REMOTE and (name in ON_CUDA) <= (device.type == 'cuda')
    ]


def _choose_options(name: str, device: torch.device, precision: str, key: str) -> dict[str, Any]:
    if name == 'OpenVINOExecutionProvider':
        # By itself it rounds to what the processor is fastest with.
        return {'device_type': 'CPU', 'precision': precision.upper()}
    if name not in ON_CUDA:
        return {}
    options: dict[str, Any] = {'device_id': device.index or 0}
    if name == TENSORRT:
        # It takes minutes to get ready, and recognizes networks by their layers alone: those with
        # other weights need another folder.
        cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
        options |= {
            'trt_engine_cache_enable': True,
            'trt_engine_cache_path': str(cache / 'segnet_ros' / 'tensorrt' / key),
            'trt_fp16_enable': precision == 'fp16',
        }
    if name == 'CUDAExecutionProvider' and precision == 'fp32':
        options['use_tf32'] = False
    return options
