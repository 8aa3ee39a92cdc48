"""Where and in which precision to compute."""

from __future__ import annotations

import torch

PRECISIONS = ('auto', 'fp32', 'fp16', 'bf16')
DTYPES = {'fp32': torch.float32, 'fp16': torch.float16, 'bf16': torch.bfloat16}


class DeviceError(ValueError):
    """Raised when the device or precision asked for cannot be had here."""


def select_device(name: str) -> torch.device:
    """
    Find a device.

    :param name: ``auto`` (CUDA if there is one, else the CPU), ``cpu``, ``cuda`` or ``cuda:N``
    :raises DeviceError: if it is not one of these, or not here
    """
    kind, _, number = name.partition(':')
    if kind not in ('auto', 'cpu', 'cuda') or (
        number and not (kind == 'cuda' and number.isdigit())
    ):
        raise DeviceError(f"expected device 'auto', 'cpu', 'cuda' or 'cuda:N', got '{name}'")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == 'cpu' or (kind == 'auto' and not gpus):
        return torch.device('cpu')
    if int(number or 0) >= gpus:
        raise DeviceError(
            f"expected a GPU for device '{name}', PyTorch {torch.__version__} found {gpus};"
            " install a driver and a PyTorch that match this machine, or use 'auto' or 'cpu'"
        )
    return torch.device('cuda', int(number or 0))


def select_precision(name: str, device: torch.device) -> str:
    """
    Choose a precision by capability, the same at every start.

    :param name: one of :data:`PRECISIONS`
    :param device: where it will be computed
    :return: ``fp32``, ``fp16`` or ``bf16``
    :raises DeviceError: if it is unknown, or not computed on the device
    """
    if name not in PRECISIONS:
        raise DeviceError(f"expected a precision of {', '.join(PRECISIONS)}, got '{name}'")
    if name == 'fp16' and device.type == 'cpu':
        raise DeviceError("expected precision 'fp32', 'bf16' or 'auto' on the CPU, got 'fp16'")
    if name != 'auto':
        return name
    if device.type == 'cuda':
        return 'fp16'
    return 'bf16' if cpu_computes_bf16() else 'fp32'


def describe_hardware(device: torch.device) -> str:
    """Name what computes: ``cpu``, or name and UUID of the GPU, by which two alike differ."""
    if device.type != 'cuda':
        return 'cpu'
    properties = torch.cuda.get_device_properties(device)
    # PyTorch 2.3 does not tell the UUID.
    return f'{properties.name} {getattr(properties, "uuid", "")}'.rstrip()


def measure_memory(device: torch.device) -> dict[str, int]:
    """
    Measure the memory of a GPU; from any thread.

    :return: bytes ``allocated`` by tensors of this process, ``reserved`` by PyTorch, and ``free``
        for any process; empty for a CPU, and for a GPU that is out of order
    """
    if device.type != 'cuda':
        return {}
    try:
        return {
            'allocated': torch.cuda.memory_allocated(device),
            'reserved': torch.cuda.memory_reserved(device),
            'free': torch.cuda.mem_get_info(device)[0],
        }
    except RuntimeError:  # after an illegal access every call fails
        return {}


def cpu_computes_bf16() -> bool:
    """
    Tell whether the CPU has instructions for bf16 (AVX512-BF16 or AMX), as PyTorch sees it.

    A PyTorch that does not tell, such as 2.3, counts as no.
    """
    questions = ('_is_avx512_bf16_supported', '_is_amx_tile_supported')
    return any(
        hasattr(torch.cpu, question) and getattr(torch.cpu, question)() for question in questions
    )
