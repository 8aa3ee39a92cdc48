"""What a machine is, and what it can do at best."""

from __future__ import annotations

import platform
import time

import torch

MATRIX = 4096
"""Rows and columns of the matrices that are multiplied."""
BYTES = 2**28
"""Size of what is copied."""
ROUNDS = 5


def describe_machine(device: torch.device) -> dict[str, str]:
    """Name processor, system and versions."""
    name = torch.cuda.get_device_name(device) if device.type == 'cuda' else find_processor()
    return {
        'device': f'{name}, {torch.get_num_threads()} threads',
        'system': f'{platform.system()} {platform.release()}, Python {platform.python_version()}',
        'torch': torch.__version__,
    }


def find_processor() -> str:
    """Name the processor as Linux does."""
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        names = [line.partition(':')[2].strip() for line in file if line.startswith('model name')]
    return names[0] if names else platform.machine()


def measure_matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Multiply square matrices: floating-point operations per second at best."""
    a = torch.randn(MATRIX, MATRIX, device=device).to(dtype)
    b = torch.randn(MATRIX, MATRIX, device=device).to(dtype)
    return 2 * MATRIX**3 / min(_time(lambda: a @ b, device) for _ in range(ROUNDS))


def measure_copy_rate(device: torch.device) -> float:
    """Copy memory: bytes read and written per second at best."""
    a = torch.ones(BYTES, dtype=torch.uint8, device=device)
    b = torch.empty_like(a)
    return 2 * BYTES / min(_time(lambda: b.copy_(a), device) for _ in range(ROUNDS))


def _time(call, device: torch.device) -> float:
    synchronize(device)
    start = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - start


def synchronize(device: torch.device) -> None:
    """Wait for a GPU; a CPU is done when a call returns."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
