"""Emulated half precision: values of that type everywhere, sums in fp32."""

from __future__ import annotations

import pytest
from rounded_kernels import make_rounded_forward
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.device import cpu_computes_bf16
from segnet_ros.core.engine import make_engine
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
import torch
from torch import Tensor


@pytest.fixture(scope='module')
def checkpoint() -> Checkpoint:
    """Make a narrow network."""
    torch.manual_seed(0)
    network = SegNet(SegNetConfig(num_classes=11, widths=(32, 32, 16, 16, 16)))
    weights = network.state_dict()
    return Checkpoint(network.config, load_label_set('camvid'), (64, 96), weights)


@pytest.fixture(scope='module')
def x() -> Tensor:
    """Draw images."""
    return torch.randn(2, 3, 64, 96).contiguous(memory_format=torch.channels_last)


def make_forward(checkpoint: Checkpoint, dtype: torch.dtype):
    engine = make_engine(checkpoint, torch.device('cpu'), dtype)
    assert isinstance(engine, Pipeline)
    return engine.forward


@torch.inference_mode()
def test_logits_are_rounded_as_coarsely_as_the_type_is(checkpoint: Checkpoint, x: Tensor) -> None:
    exact = make_forward(checkpoint, torch.float32)(x)
    errors = []
    for dtype in (torch.float16, torch.bfloat16):
        rounded = make_rounded_forward(checkpoint, dtype)(x)
        assert rounded.dtype == torch.float32
        assert torch.equal(rounded, rounded.to(dtype).float())
        errors.append((rounded - exact).abs().mean() / exact.std())
    fp16, bf16 = errors  # of steps that are eight times as large
    assert 0 < 3 * fp16 < bf16 < 0.5


@pytest.mark.skipif(not cpu_computes_bf16(), reason='needs a CPU with instructions for bf16')
@torch.inference_mode()
def test_emulated_bf16_is_that_of_the_engine(checkpoint: Checkpoint, x: Tensor) -> None:
    exact = make_forward(checkpoint, torch.float32)(x)
    real = make_forward(checkpoint, torch.bfloat16)(x.bfloat16()).float()
    emulated = make_rounded_forward(checkpoint, torch.bfloat16)(x)
    assert (emulated - real).abs().mean() < 0.5 * (real - exact).abs().mean()
