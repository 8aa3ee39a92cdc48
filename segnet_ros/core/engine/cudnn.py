"""What cuDNN may do to be fast, for as long as a block of code runs."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch


def try_algorithms() -> AbstractContextManager[None]:
    """Let cuDNN time its ten likeliest algorithms for each new shape; pays when it is replayed."""
    return _set_flags(benchmark=True)


def keep_fp32() -> AbstractContextManager[None]:
    """Keep cuDNN from rounding fp32 to TF32, which PyTorch lets it do to convolutions."""
    return _set_flags(allow_tf32=False)


def _set_flags(**changes: bool) -> AbstractContextManager[None]:
    cudnn = torch.backends.cudnn
    names = ('enabled', 'benchmark', 'deterministic', 'allow_tf32')
    # What is not given would be set to a default.
    flags = {name: getattr(cudnn, name) for name in names} | changes
    context: AbstractContextManager[None] = cudnn.flags(**flags)
    return context
