"""What networks have to compute, against the paper's layers and against the network itself."""

from __future__ import annotations

from costs import count_bytes
from costs import count_flops
import pytest
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.registry import make_config
import torch
from torch import nn
from torch import Tensor


def test_operations_are_those_of_the_papers_layers() -> None:
    """106.7 billion pairs of a multiplication and an addition."""
    assert round(count_flops(SegNetConfig(), (360, 480)) / 2e9, 1) == 106.7


@pytest.mark.parametrize(
    ('name', 'expected'), [('segnet', 106.7e9), ('deconvnet', 121.5e9), ('fcn', 74.6e9)]
)
def test_multiplications_are_those_that_the_layers_say(name: str, expected: float) -> None:
    found = count_flops(make_config(name, {}), (360, 480)) / 2
    assert found == pytest.approx(expected, rel=1e-3)


def test_operations_and_bytes_are_those_of_the_network() -> None:
    config = SegNetConfig(num_classes=5, widths=(4, 6, 8, 8, 10), depths=(2, 1, 3, 1, 2))
    network, size = config.build().eval(), (37, 50)
    operations = numbers = weights = indices = 0

    def count_convolution(module: nn.Conv2d, inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal operations, numbers, weights
        operations += 2 * module.weight.numel() * output[0, 0].numel()
        numbers += inputs[0].numel() + output.numel()
        weights += module.weight.numel()

    def count_pooling(_: nn.Module, __: tuple[Tensor], output: Tensor) -> None:
        """Count what pooling reads and writes, and unpooling likewise."""
        nonlocal numbers, indices
        pooled = nn.functional.max_pool2d(output, 2, ceil_mode=True).numel()
        numbers += 2 * (output.numel() + pooled)
        indices += 2 * pooled

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count_convolution)
    for stage in network.encoder:
        stage.register_forward_hook(count_pooling)
    network(torch.randn(1, 3, *size))
    assert count_flops(config, size) == operations
    moved = 3 * (2 * numbers + indices) + 2 * weights
    assert count_bytes(config, size, batch=3, itemsize=2) == moved
