"""What a network has to compute, and what a SegNet has to move through memory at least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.network import make_shapes
from segnet_ros.core.network import NetworkConfig
import torch
from torch.utils.flop_counter import FlopCounterMode

INDEX_BYTES = 1
"""Of a pooling index."""


class Stage(NamedTuple):
    """An encoder stage, and the decoder stage that mirrors it."""

    before: int
    """Channels that the encoder stage takes."""
    width: int
    after: int
    """Channels that the decoder stage gives."""
    depth: int
    """Convolutions of each."""
    pixels: int
    """Of its feature maps."""
    pooled_pixels: int


def list_stages(config: SegNetConfig, size: tuple[int, int]) -> Iterator[Stage]:
    """List the stages, the outermost first; the classifier counts as the end of its decoder."""
    height, width = size
    inputs = (3, *config.widths[:-1])
    outputs = (config.num_classes, *config.widths[:-1])
    for before, channels, after, depth in zip(
        inputs, config.widths, outputs, config.depths, strict=True
    ):
        pixels = height * width
        height, width = (height + 1) // 2, (width + 1) // 2
        yield Stage(before, channels, after, depth, pixels, height * width)


def count_flops(config: NetworkConfig, size: tuple[int, int]) -> int:
    """
    Count the operations of convolutions and matrix products for one image, without computing it.

    :param size: height and width of the image
    :return: two for each multiply and add
    """
    network = make_shapes(config).eval()
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(torch.empty((1, 3, *size), device='meta'))
    return int(counter.get_total_flops())


def count_bytes(config: SegNetConfig, size: tuple[int, int], batch: int, itemsize: int) -> int:
    """
    Count the bytes that must pass between memory and processor for a batch.

    Each convolution, with its bias and ReLU, pooling and unpooling reads what it takes and writes
    what it gives: so each feature map is written once and read once, and pooling indices too.
    Weights are read once for the batch. A cache that keeps maps from one step to the next saves
    some of this.

    :param size: height and width of an image
    :param itemsize: bytes of a number, in weights as in feature maps
    """
    numbers = indices = weights = 0
    for stage in list_stages(config, size):
        convolved = stage.before + 2 * (2 * stage.depth - 1) * stage.width + stage.after
        pooled = stage.width * stage.pooled_pixels
        numbers += convolved * stage.pixels + 2 * (stage.width * stage.pixels + pooled)
        indices += 2 * pooled
        weights += _count_weights(stage)
    return batch * (itemsize * numbers + INDEX_BYTES * indices) + itemsize * weights


def _count_weights(stage: Stage) -> int:
    """Count the weights of its 3 x 3 convolutions, without biases."""
    inner = 2 * (stage.depth - 1) * stage.width**2
    return 9 * (stage.before * stage.width + inner + stage.width * stage.after)
