"""Kernels of a SegNet on CUDA: cuDNN for convolutions, our own for what PyTorch has not."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from itertools import pairwise
import math
from pathlib import Path

from segnet_ros.core.engine.feature_map import make_map
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.nvrtc import compile_source
from segnet_ros.core.engine.nvrtc import CudaModule
from segnet_ros.core.engine.outer_convolutions import are_possible
from segnet_ros.core.engine.outer_convolutions import OuterConvolutions
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.outputs import compute_uncertainty
from segnet_ros.core.outputs import make_table
from segnet_ros.core.outputs import resize_logits
from segnet_ros.core.pooling import Pooled
from segnet_ros.core.selection import Selection
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

SOURCE = Path(__file__).with_name('kernels.cu')
ONE = [1, 1]
IMAGE_CHANNELS = 3
FINISHED = ('label', 'confidence', 'color', 'overlay')
"""Outputs of the kernel ``finish``, in the order of its arguments."""
ALIGNMENT = 8
"""Channels of 16-bit numbers must come in multiples of this for tensor cores."""


class CudaKernels:
    """Convolution, bias and ReLU in one kernel; pooling indices of one byte."""

    def __init__(self, config: SegNetConfig, dtype: torch.dtype, device: torch.device) -> None:
        """
        Compile for this GPU.

        :param config: of the network
        :param dtype: float16 or bfloat16
        :param device: the GPU
        :raises CudaError: if NVRTC or the driver is missing or refuses
        :raises RuntimeError: if cuDNN has no kernel for convolution, bias and ReLU at once
        :raises ValueError: if the type has not 16 bits
        """
        if dtype not in (torch.float16, torch.bfloat16):
            raise ValueError(f'expected float16 or bfloat16, got {dtype}')
        self._dtype, self._device = dtype, device
        self._first_channels = (config.widths[0], IMAGE_CHANNELS)
        self._vector = math.gcd(ALIGNMENT, *config.widths)
        capability = torch.cuda.get_device_capability(device)
        architecture = 'sm_{}{}'.format(*capability)
        code = compile_source(
            SOURCE.read_text(encoding='utf-8'),
            architecture,
            list_macros(self._vector, config.num_classes, dtype),
        )
        self._outer = None
        with torch.cuda.device(device):
            self._module = CudaModule(code)
            if are_possible(config, capability):
                self._outer = OuterConvolutions(config, dtype, architecture)
        self._probe(config)

    def _probe(self, config: SegNetConfig) -> None:
        """Convolve once with the channels of each stage."""
        for before, after in pairwise((3, *config.widths)):
            filters = Filters(torch.ones(after, before, 3, 3), torch.ones(after))
            x = torch.ones(1, before, 8, 8, dtype=self._dtype, device=self._device)
            self.make_convolution(filters, True)(x.contiguous(memory_format=torch.channels_last))

    def make_convolution(self, filters: Filters, is_rectified: bool) -> Callable[[Tensor], Tensor]:
        """Prepare a 3 x 3 convolution with bias, and ReLU where it is rectified."""
        filters = Filters(*(tensor.to(self._device) for tensor in filters))
        if self._outer and not is_rectified:
            return self._outer.make_last(filters)
        if self._outer and filters.weight.shape[:2] == self._first_channels:
            return self._outer.make_first(filters)
        weight = filters.weight.to(self._dtype, memory_format=torch.channels_last)
        bias = filters.bias.to(self._dtype)
        if is_rectified:
            return lambda x: torch.cudnn_convolution_relu(x, weight, bias, ONE, ONE, ONE, 1)
        return lambda x: F.conv2d(x, weight, bias, padding=1)

    def max_pool(self, x: Tensor) -> Pooled:
        """
        Pool as :func:`segnet_ros.core.pooling.max_pool` does.

        :param x: of 16-bit numbers, channels-last, none negative
        """
        count, channels, height, width = x.shape
        shape = (count, channels, (height + 1) // 2, (width + 1) // 2)
        features = make_map(shape, x.dtype, x.device)
        indices = make_map(shape, torch.uint8, x.device)
        threads = features.numel() // self._vector
        self._module.launch(
            'max_pool', threads, x, features, indices, count, height, width, channels
        )
        return Pooled(features, indices, (height, width))

    def unpool(self, x: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
        """Unpool as :func:`segnet_ros.core.pooling.unpool` does; channels-last."""
        count, channels = x.shape[:2]
        height, width = size
        output = make_map((count, channels, height, width), x.dtype, x.device)
        threads = x.numel() // self._vector
        self._module.launch('unpool', threads, x, indices, output, count, height, width, channels)
        return output

    def compute_outputs(
        self,
        logits: Tensor,
        image: Tensor,
        palette: Tensor,
        outputs: Sequence[str],
        opacity: Tensor,
        selection: Selection,
    ) -> dict[str, Tensor]:
        """
        Compute the same as :func:`segnet_ros.core.outputs.compute_outputs`, in one kernel.

        :param logits: of 16-bit numbers, channels-last (1, C, h, w)
        :param opacity: float32 scalar, so that a graph can be told another
        """
        kept = None
        if selection.class_ids is not None:
            kept = make_table(selection.class_ids, image.device)
        height, width = image.shape[:2]
        computed = {
            name: torch.empty(
                (height, width, 3) if name in ('color', 'overlay') else (height, width),
                dtype=torch.uint8,
                device=image.device,
            )
            for name in outputs
            if name in FINISHED
        }
        self._module.launch(
            'finish',
            height * width,
            logits,
            *logits.shape[2:],
            logits.stride(3),
            image,
            palette,
            opacity,
            kept,
            selection.least,
            *(computed.get(name) for name in FINISHED),
            height,
            width,
        )
        if 'uncertainty' in outputs:  # by PyTorch: few ask for it
            computed['uncertainty'] = compute_uncertainty(resize_logits(logits, image.shape[:2]))
        return computed


def list_macros(vector: int, num_classes: int, dtype: torch.dtype) -> list[str]:
    """
    Say what the kernels are compiled for.

    :param vector: channels that a thread takes at once
    """
    is_bf16 = int(dtype == torch.bfloat16)
    return [f'VECTOR={vector}', f'CLASSES={num_classes}', f'IS_BF16={is_bf16}']
