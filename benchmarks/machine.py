"""What a machine is, and what it can do at best."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import platform
import time

import torch

MATRIX = 4096
"""Rows and columns of the matrices that are multiplied."""
BYTES = 2**28
"""Size of what is copied."""
ROUNDS = 5
GPU_CALLS = 20
"""Calls that are timed together on a GPU, where one is about as short as starting and waiting."""


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


@contextmanager
def choose_arithmetic(is_tf32: bool) -> Iterator[None]:
    """
    Fix, as long as this lasts, what CUDA computes with; a graph keeps what it was captured with.

    cuDNN finds its fastest algorithm for each shape, as users have it who care for speed.

    :param is_tf32: whether products of fp32 may be rounded to TF32
    """
    matmul = torch.backends.cuda.matmul
    before = matmul.allow_tf32
    matmul.allow_tf32 = is_tf32
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=is_tf32):
            yield
    finally:
        matmul.allow_tf32 = before


def measure_matrix_rate(device: torch.device, dtype: torch.dtype, is_tf32: bool) -> float:
    """Multiply square matrices: floating-point operations per second at best."""
    a = torch.randn(MATRIX, MATRIX, device=device).to(dtype)
    b = torch.randn(MATRIX, MATRIX, device=device).to(dtype)
    with choose_arithmetic(is_tf32):
        return 2 * MATRIX**3 / min(_time(lambda: a @ b, device) for _ in range(ROUNDS))


def measure_copy_rate(device: torch.device) -> float:
    """Copy memory: bytes read and written per second at best."""
    a = torch.ones(BYTES, dtype=torch.uint8, device=device)
    b = torch.empty_like(a)
    return 2 * BYTES / min(_time(lambda: b.copy_(a), device) for _ in range(ROUNDS))


def _time(call: Callable[[], object], device: torch.device) -> float:
    calls = GPU_CALLS if device.type == 'cuda' else 1
    synchronize(device)
    start = time.perf_counter()
    for _ in range(calls):
        call()
    synchronize(device)
    return (time.perf_counter() - start) / calls


def settle_memory(device: torch.device) -> int:
    """
    Give back what PyTorch keeps of a GPU without use, and start to watch for the peak.

    :return: bytes that stay reserved, those of captured graphs among them; 0 on a CPU
    """
    if device.type != 'cuda':
        return 0
    synchronize(device)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_reserved(device)


def read_peak_memory(device: torch.device) -> int:
    """Read the most bytes that were reserved since :func:`settle_memory`; 0 on a CPU."""
    return torch.cuda.max_memory_reserved(device) if device.type == 'cuda' else 0


def synchronize(device: torch.device) -> None:
    """Wait for a GPU; a CPU is done when a call returns."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
