"""Convolutions by Winograd's F(4 x 4, 3 x 3) on the CPU: a quarter of the multiplications."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import ctypes
import math
from pathlib import Path

from segnet_ros.core.engine.c_compiler import compile_library
from segnet_ros.core.engine.c_compiler import CompilerError
from segnet_ros.core.engine.feature_map import make_map
from segnet_ros.core.engine.folding import Filters
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

SOURCE = Path(__file__).with_name('winograd.c')
POINTS = (0.75, 1.5)
"""P and Q of the source. The usual 1 and 2 round twice as coarsely (doc/performance.md)."""
LEAST_INPUTS = 32
"""With fewer channels, most of the time goes to the transforms."""
LEAST_TILES = 12
"""With fewer, most of the time goes to reading filters, which are four times as many here."""
BLOCK = 96
"""Tiles for which filters are read once: of fewer, reading takes longer; more leave the cache."""
MOST_ERROR = 1e-2
"""Of a sum of 300 products of about 1: a hundred times what rounding makes."""
CPU = torch.device('cpu')


class Winograd:
    """Compiled convolutions in fp32, with bias and ReLU, channels-last."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """
        Compile for this CPU.

        :param options: for the compiler
        :raises CompilerError: if there is none, it refuses, or what it makes computes wrongly
        """
        points = [f'-D{name}={value}f' for name, value in zip('PQ', POINTS, strict=True)]
        self._library = compile_library(SOURCE, ('-fopenmp', *points, *options))
        try:
            self._library.count_floats.restype = ctypes.c_size_t
            self._library.convolve.argtypes = [*[ctypes.c_void_p] * 5, *[ctypes.c_int] * 8]
            self._library.convolve.restype = None
            self._panel = self._library.get_panel()
            self._rows = self._library.get_rows()
        except AttributeError as error:
            raise CompilerError(str(error)) from error
        self._check()

    def can_convolve(self, filters: Filters) -> bool:
        """Tell whether there are as many inputs as registers and speed ask for."""
        inputs = filters.weight.shape[1]
        return inputs >= LEAST_INPUTS and inputs % self._panel == 0

    def pays_for(self, shape: torch.Size) -> bool:
        """Tell whether maps of this shape, (N, C, H, W), are large enough."""
        return self._count_tiles(shape) >= LEAST_TILES

    def make_convolution(self, filters: Filters, is_rectified: bool) -> Callable[[Tensor], Tensor]:
        """
        Prepare a 3 x 3 convolution with bias, and ReLU where it is rectified.

        :param filters: for which :meth:`can_convolve`
        """
        outputs = len(filters.bias)
        # Such as the classifier's, that fill no register: convolved with zeros, and left out.
        missing = -outputs % self._panel
        transformed = transform_filters(_append_zeros(filters.weight, missing), self._panel)
        bias = _append_zeros(filters.bias, missing).contiguous()

        def convolve(x: Tensor) -> Tensor:
            assert x.dtype == torch.float32
            assert x.device == CPU
            x = x.contiguous(memory_format=torch.channels_last)
            y = make_map((len(x), len(bias), *x.shape[2:]), x.dtype, x.device)
            self._run(x, transformed, bias, is_rectified, y)
            return y[:, :outputs]

        return convolve

    def _run(
        self, x: Tensor, filters: Tensor, bias: Tensor, is_rectified: bool, y: Tensor
    ) -> None:
        """Convolve with as many threads as PyTorch has."""
        count, inputs, height, width = x.shape
        outputs = y.shape[1]
        threads = torch.get_num_threads()
        share = -(-self._count_tiles(x.shape) // threads)
        block = _round_up(min(BLOCK, share), self._rows)
        floats = threads * self._library.count_floats(block, inputs, outputs)
        memory = torch.empty(floats, dtype=torch.float32, device=CPU)
        pointers = [tensor.data_ptr() for tensor in (x, filters, bias, y, memory)]
        self._library.convolve(
            *pointers, threads, count, height, width, inputs, outputs, block, is_rectified
        )

    def _count_tiles(self, shape: torch.Size) -> int:
        count, _, height, width = shape
        tiles: int = self._library.count_tiles(count, height, width)
        return tiles

    def _check(self) -> None:
        """Compare with PyTorch: a wrong label that nobody notices is worse than a slow one."""
        generator = torch.Generator(CPU).manual_seed(0)

        def draw(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, dtype=torch.float32, device=CPU)

        filters = Filters(draw(self._panel, self._panel, 3, 3), draw(self._panel))
        x = draw(1, self._panel, 9, 11)
        found = self.make_convolution(filters, False)(x)
        error = (found - F.conv2d(x, *filters, padding=1)).abs().max().item()
        if not error < MOST_ERROR:
            raise CompilerError(f'one whose code computes wrongly, by up to {error:.3g}')


def transform_filters(weight: Tensor, panel: int) -> Tensor:
    """
    Evaluate filters at the points, in the order in which the source reads them.

    :param weight: float32 (K, C, 3, 3)
    :param panel: outputs multiplied at a time, of which K is a multiple
    :return: float32 (36, K / panel, C, panel)
    """
    outputs, inputs = weight.shape[:2]
    rows = make_filter_transform()
    both = torch.kron(rows, rows)
    ordered = weight.reshape(outputs // panel, panel, inputs, 9).permute(3, 0, 2, 1)
    # In float64, so that the transform adds no rounding but that of its result.
    transformed = both @ ordered.reshape(9, -1).double()
    return transformed.float().view(-1, outputs // panel, inputs, panel)


def make_filter_transform() -> Tensor:
    """
    Make the matrix that evaluates a filter's three values at the six points.

    Each point's row is divided by its distances to the others, so that the transform of inputs
    need not be.

    :return: float64 (6, 3)
    """
    p, q = POINTS
    finite = [0, p, -p, q, -q]
    rows = []
    for point in finite:
        scale = 1 / math.prod(point - other for other in finite if other != point)
        rows.append([scale, scale * point, scale * point**2])
    return torch.tensor([*rows, [0, 0, 1]], dtype=torch.float64, device=CPU)


def _append_zeros(x: Tensor, number: int) -> Tensor:
    return torch.cat([x, x.new_zeros(number, *x.shape[1:])])


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step
