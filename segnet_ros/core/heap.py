"""Memory on the CPU between two images: kept, in place of given back to the system."""

from __future__ import annotations

import ctypes
import platform

import torch

M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
"""Parameters of glibc's mallopt, from its malloc.h."""
LARGEST = 2**31 - 1


def keep_freed_memory(device: torch.device) -> None:
    """
    Let the C library keep what this process frees, where a CPU is what computes.

    Each layer allocates its map, up to 44 MB at 360 x 480. glibc would give such blocks back at
    once, and the system would hand out the next one page by page, filled with zeros: 50,000 faults
    for an image. The process stays as large as it was at most, and no larger. With another C
    library, nothing changes.

    :param device: that computes; nothing changes for a GPU
    """
    if device.type != 'cpu' or platform.libc_ver()[0] != 'glibc':
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_MMAP_MAX, 0)  # blocks of their own are given back whatever the threshold
    mallopt(M_TRIM_THRESHOLD, LARGEST)
