"""Convolutions by Winograd's F(4 x 4, 3 x 3) on the CPU: a quarter of the multiplications."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import ctypes
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
"""P and Q of the source."""
VALUES = 36
"""Of a tile, transformed."""
TILE = 4
"""Side of a tile of results."""
LINE = 16
"""Floats of a cache line."""
LEAST_CHANNELS = 32
"""With fewer, most of the time goes to the transforms."""
LEAST_TILES = 12
"""With fewer, most of the time goes to reading filters, which are four times as many here."""
MOST_ERROR = 1e-2
"""Of a sum of 500 products of about 1: a hundred times what rounding makes."""
BLOCK = 96
"""Tiles for which filters are read once: of fewer, reading takes longer; more leave the cache."""


class Winograd:
    """Compiled convolutions in fp32, with bias and ReLU, channels-last."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """
        Compile for this CPU.

        :param options: for the compiler
        :raises CompilerError: if there is none, it refuses, or what it makes computes wrongly
        """
        library = compile_library(SOURCE, ('-fopenmp', *options))
        self._panel = 2 * library.count_lanes()
        self._rows = library.count_rows()
        self._convolve = library.convolve
        self._convolve.argtypes = [*[ctypes.c_void_p] * 5, *[ctypes.c_int] * 8]
        self._convolve.restype = None
        self._check()

    def _check(self) -> None:
        """Compare with PyTorch: a wrong label that nobody notices is worse than a slow one."""
        generator = torch.Generator().manual_seed(0)
        width = 2 * self._panel
        weight = torch.randn(width, width, 3, 3, generator=generator)
        bias = torch.randn(width, generator=generator)
        x = torch.randn(1, width, 9, 11, generator=generator)
        found = self.make_convolution(Filters(weight, bias), False)(x)
        error = (found - F.conv2d(x, weight, bias, padding=1)).abs().max().item()
        if not error < MOST_ERROR:
            raise CompilerError(f'code whose results are wrong by up to {error:.3g}')

    def can_convolve(self, filters: Filters) -> bool:
        """Tell whether there are as many channels as registers and speed ask for."""
        outputs, inputs = filters.weight.shape[:2]
        return (
            min(outputs, inputs) >= LEAST_CHANNELS
            and outputs % self._panel == 0
            and inputs % self._panel == 0
        )

    def make_convolution(self, filters: Filters, is_rectified: bool) -> Callable[[Tensor], Tensor]:
        """
        Prepare a 3 x 3 convolution with bias, and ReLU where it is rectified.

        :param filters: for which :meth:`can_convolve`
        """
        transformed = transform_filters(filters.weight, self._panel)
        bias = filters.bias.contiguous()

        def convolve(x: Tensor) -> Tensor:
            x = x.contiguous(memory_format=torch.channels_last)
            y = make_map((len(x), len(bias), *x.shape[2:]), x.dtype, x.device)
            self._run(x, transformed, bias, is_rectified, y)
            return y

        return convolve

    def _run(
        self, x: Tensor, filters: Tensor, bias: Tensor, is_rectified: bool, y: Tensor
    ) -> None:
        """Convolve with as many threads as PyTorch has: with these very threads."""
        count, inputs, height, width = x.shape
        outputs = y.shape[1]
        tiles = count_tiles(x.shape)
        threads = torch.get_num_threads()
        block = round_up(min(BLOCK, -(-tiles // threads)), self._rows)
        memory = torch.empty(threads, VALUES * (block * (inputs + outputs) + LINE))
        pointers = [tensor.data_ptr() for tensor in (x, filters, bias, y, memory)]
        self._convolve(
            *pointers, threads, count, height, width, inputs, outputs, block, is_rectified
        )


def count_tiles(shape: Sequence[int]) -> int:
    """Count the tiles of feature maps, (N, C, H, W)."""
    count, _, height, width = shape
    return count * -(-height // TILE) * -(-width // TILE)


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
    ordered = weight.view(outputs // panel, panel, inputs, 9).permute(3, 0, 2, 1)
    # In float64, so that the transform adds no rounding but that of its result.
    transformed = both @ ordered.reshape(9, -1).double()
    return transformed.float().view(VALUES, outputs // panel, inputs, panel)


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
        distances = [point - other for other in finite if other != point]
        scale = 1 / torch.tensor(distances, dtype=torch.float64).prod().item()
        rows.append([scale, scale * point, scale * point**2])
    return torch.tensor([*rows, [0, 0, 1]], dtype=torch.float64)


def round_up(number: int, step: int) -> int:
    """Round up to a multiple."""
    return -(-number // step) * step
