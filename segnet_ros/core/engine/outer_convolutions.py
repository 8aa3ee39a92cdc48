"""The first and the last convolution of a SegNet on CUDA, as kernels of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segnet_ros.core.engine.feature_map import make_map
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.nvrtc import compile_source
from segnet_ros.core.engine.nvrtc import CudaModule
from segnet_ros.core.model import SegNetConfig
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

SOURCE = Path(__file__).with_name('outer_convolutions.cu')
LEAST_CAPABILITY = (8, 0)
"""Of a GPU whose tensor cores know the instructions."""
MOST_CLASSES = 48
"""Whose sums and weights fit into the registers of a thread."""
TILE = 16
"""Pixels that a warp multiplies at a time."""
FIRST_TILES = 2
"""That a warp takes of the first convolution."""
LAST_ROWS = 4
"""Of a tile each, that a warp takes of the last convolution."""


class OuterConvolutions:
    """Convolutions from an image's three channels, and to the classes."""

    def __init__(self, config: SegNetConfig, dtype: torch.dtype, architecture: str) -> None:
        """
        Compile for the current device.

        :param config: of a network for which :func:`are_possible`
        :param dtype: float16 or bfloat16
        :param architecture: such as ``sm_87``
        :raises CudaError: if NVRTC or the driver is missing or refuses
        """
        self._dtype = dtype
        source = SOURCE.read_text(encoding='utf-8')
        self._module = CudaModule(compile_source(source, architecture, list_macros(config, dtype)))

    def make_first(self, filters: Filters) -> Callable[[Tensor], Tensor]:
        """
        Prepare the convolution of an image, with bias and ReLU.

        :param filters: on the device; of 3 inputs and a multiple of 32 outputs
        """
        weights, bias = pack_first(filters.weight.to(self._dtype)), filters.bias

        def convolve(x: Tensor) -> Tensor:
            count, _, height, width = x.shape
            y = make_map((count, len(bias), height, width), x.dtype, x.device)
            warps = -(-count * height * width // (FIRST_TILES * TILE))
            self._module.launch(
                'convolve_image', 32 * warps, x, weights, bias, y, count, height, width
            )
            return y

        return convolve

    def make_last(self, filters: Filters) -> Callable[[Tensor], Tensor]:
        """
        Prepare the convolution to the logits, with bias.

        :param filters: on the device; of a multiple of 32 inputs
        """
        num_classes = len(filters.bias)
        weights = pack_last(filters.weight.to(self._dtype))
        bias = F.pad(filters.bias, (0, -num_classes % 8))

        def classify(x: Tensor) -> Tensor:
            count, channels, height, width = x.shape
            y = make_map((count, len(bias), height, width), x.dtype, x.device)
            warps = count * -(-height // LAST_ROWS) * -(-width // TILE)
            self._module.launch(
                'classify', 32 * warps, x, weights, bias, y, count, height, width, channels
            )
            return y[:, :num_classes]

        return classify


def are_possible(config: SegNetConfig, capability: tuple[int, int]) -> bool:
    """
    Tell whether the kernels can compute a network on a GPU.

    :param capability: compute capability of the GPU
    """
    return (
        capability >= LEAST_CAPABILITY
        and config.widths[0] % 32 == 0
        and config.num_classes <= MOST_CLASSES
    )


def list_macros(config: SegNetConfig, dtype: torch.dtype) -> list[str]:
    """Say what the kernels are compiled for."""
    is_bf16 = int(dtype == torch.bfloat16)
    return [
        f'CLASSES={config.num_classes}',
        f'WIDTH={config.widths[0]}',
        f'IS_BF16={is_bf16}',
        f'TILES={FIRST_TILES}',
        f'ROWS={LAST_ROWS}',
    ]


def pack_first(weight: Tensor) -> Tensor:
    """
    Order weights as ``convolve_image`` reads them.

    :param weight: (out, 3, 3, 3), out a multiple of 32
    :return: (out / 32, 2 sixteens of inputs, 4 eights of outputs, 32 lanes, 4), contiguous
    """
    inputs = F.pad(weight.permute(0, 2, 3, 1).flatten(1), (0, 5))  # (out, 32)
    lane = torch.arange(32, device=weight.device)
    part = torch.arange(len(weight) // 32, device=weight.device)[:, None, None, None, None]
    sixteen = torch.arange(2, device=weight.device)[:, None, None, None]
    eight = torch.arange(4, device=weight.device)[:, None, None]
    number = torch.tensor([0, 1, 8, 9], device=weight.device)
    g, t = lane[:, None] // 4, lane[:, None] % 4
    out = 32 * part + 8 * (g // 2) + 2 * eight + g % 2
    return inputs[out, 16 * sixteen + 2 * t + number].contiguous()


def pack_last(weight: Tensor) -> Tensor:
    """
    Order weights as ``classify`` reads them.

    :param weight: (classes, in, 3, 3), in a multiple of 32
    :return: (in / 32, 9 neighbors, classes filled up to a multiple of 8, 32), contiguous
    """
    classes, channels = weight.shape[:2]
    rows = F.pad(weight, (0, 0, 0, 0, 0, 0, 0, -classes % 8)).permute(2, 3, 1, 0)
    return rows.reshape(9, channels // 32, 32, -1).permute(1, 0, 3, 2).contiguous()
