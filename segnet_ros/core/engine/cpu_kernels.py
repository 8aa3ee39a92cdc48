"""Kernels of a SegNet on the CPU: by Winograd's algorithm where that is faster, else by oneDNN."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from functools import lru_cache
import logging

from segnet_ros.core.engine.c_compiler import CompilerError
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.winograd import LEAST_INPUTS
from segnet_ros.core.engine.winograd import Winograd
from segnet_ros.core.pooling import Pooled
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

logger = logging.getLogger(__name__)

ONE = [1, 1]
KEPT_SIZES = 4
"""Sizes of maps whose weights are kept in order, each as large as the plain ones."""


class CpuKernels:
    """Convolution, bias and ReLU in one pass over memory."""

    def __init__(self, dtype: torch.dtype) -> None:
        """
        Check that they can be had.

        :param dtype: float32 or bfloat16
        :raises AttributeError: if this PyTorch has no such operator
        :raises RuntimeError: if it was built without oneDNN, or the CPU cannot compute this type
        """
        self._dtype = dtype
        self._convolve = torch.ops.mkldnn._convolution_pointwise
        self._reorder = torch.ops.aten.mkldnn_reorder_conv2d_weight
        probe = self._make_direct(Filters(torch.ones(8, 8, 3, 3), torch.ones(8)), True)
        probe(torch.ones(1, 8, 4, 4, dtype=dtype).contiguous(memory_format=torch.channels_last))

    def make_convolution(self, filters: Filters, is_rectified: bool) -> Callable[[Tensor], Tensor]:
        """Prepare a 3 x 3 convolution with bias, and ReLU where it is rectified."""
        winograd = self._find_winograd(filters)
        if winograd is None:
            return self._make_direct(filters, is_rectified)
        # Each form of the filters is made when the first map wants it: they are large.
        make_direct = cache(lambda: self._make_direct(filters, is_rectified))
        make_fast = cache(lambda: winograd.make_convolution(filters, is_rectified))

        def convolve(x: Tensor) -> Tensor:
            make = make_fast if winograd.pays_for(x.shape) else make_direct
            return make()(x)

        return convolve

    def _find_winograd(self, filters: Filters) -> Winograd | None:
        """Find what convolves with these filters; bf16 has no room for its rounding."""
        if self._dtype != torch.float32 or filters.weight.shape[1] < LEAST_INPUTS:
            return None  # and nothing need be compiled
        winograd = compile_winograd()
        return winograd if winograd and winograd.can_convolve(filters) else None

    def _make_direct(self, filters: Filters, is_rectified: bool) -> Callable[[Tensor], Tensor]:
        """Prepare a convolution by oneDNN, with weights in its own order."""
        weight = filters.weight.to(self._dtype, memory_format=torch.channels_last).to_mkldnn()
        bias = filters.bias.to(self._dtype)
        then = 'relu' if is_rectified else 'none'

        @lru_cache(KEPT_SIZES)
        def put_in_order(shape: torch.Size) -> Tensor:
            # oneDNN chooses the order by the size of the map. Given another one it makes its own
            # at every call, which can take many times as long as the convolution.
            ordered: Tensor = self._reorder(weight, ONE, ONE, ONE, 1, list(shape))
            return ordered

        def convolve(x: Tensor) -> Tensor:
            ordered = put_in_order(x.shape)
            y: Tensor = self._convolve(x, ordered, bias, ONE, ONE, ONE, 1, then, [], '')
            return y

        return convolve

    def max_pool(self, x: Tensor) -> Pooled:
        """Pool with int64 indices: on a CPU PyTorch's kernel is the fastest there is, by far."""
        features, indices = F.max_pool2d(x, 2, 2, ceil_mode=True, return_indices=True)
        return Pooled(features, indices, (x.shape[2], x.shape[3]))

    def unpool(self, x: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
        """Put each value back where its maximum was."""
        return F.max_unpool2d(x, indices, [2, 2], [2, 2], output_size=size)


@cache
def compile_winograd() -> Winograd | None:
    """
    Compile once for the process; None, and a line that says why, where that cannot be.

    Two threads that are first at once may each compile, to the same effect.
    """
    try:
        return Winograd()
    except CompilerError as error:
        logger.warning(
            'expected a C compiler for the fastest convolutions on a CPU, found %s; convolving by'
            ' oneDNN, which takes twice as long; install gcc, or name another compiler in CC or'
            ' another folder in TMPDIR',
            error,
        )
        return None
