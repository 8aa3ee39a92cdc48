"""Tests of who convolves on a CPU, and of what oneDNN does with the weights that it is given."""

from collections.abc import Iterator
import logging
import os
import shutil
import subprocess
import sys

import pytest
from segnet_ros.core.device import cpu_computes_bf16
from segnet_ros.core.engine import winograd
from segnet_ros.core.engine.cpu_kernels import compile_winograd
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.winograd import transform_filters
from segnet_ros.core.engine.winograd import Winograd
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

SECOND = 'the second call'
PROGRAM = f"""
import torch
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.folding import Filters

filters = Filters(torch.rand(512, 512, 3, 3), torch.rand(512))
convolve = CpuKernels(torch.float32).make_convolution(filters, True)
with torch.inference_mode():
    for size in ((4, 5), (9, 12), (8, 16)):
        x = torch.rand(1, 512, *size).contiguous(memory_format=torch.channels_last)
        convolve(x)
        print('{SECOND}', flush=True)
        convolve(x)
        print('over', flush=True)
"""


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason='needs oneDNN')
def test_weights_are_put_in_order_once_for_each_size_of_map():
    result = subprocess.run(
        [sys.executable, '-c', PROGRAM],
        env={**os.environ, 'ONEDNN_VERBOSE': '1'},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    calls = [part.partition('over')[0] for part in result.stdout.split(SECOND)[1:]]
    assert len(calls) == 3
    for call in calls:
        assert call.count(',exec,cpu,convolution,') == 1
        assert ',reorder,' not in call


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this be a machine without a C compiler."""
    monkeypatch.setenv('CC', 'no_such_compiler')
    compile_winograd.cache_clear()
    yield
    compile_winograd.cache_clear()


@pytest.fixture
def maps_of_winograd(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """List the shapes of the maps that compiled convolutions get."""
    compile_winograd()  # which convolves to check itself
    shapes = []
    run = Winograd._run

    def note(self: Winograd, x: Tensor, *arguments: object) -> None:
        shapes.append(x.shape)
        run(self, x, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Winograd, '_run', note)
    return shapes


def convolve(
    kernels: CpuKernels, shape: tuple[int, ...], outputs: int, is_rectified: bool = True
) -> None:
    """Convolve twice and compare with PyTorch."""
    inputs = shape[1]
    weight = torch.randn(outputs, inputs, 3, 3) / (9 * inputs) ** 0.5
    filters = Filters(weight, torch.randn(outputs))
    x = torch.randn(shape).contiguous(memory_format=torch.channels_last)
    convolve = kernels.make_convolution(filters, is_rectified)
    expected = F.conv2d(x, *filters, padding=1)
    for _ in range(2):
        found = convolve(x)
        torch.testing.assert_close(
            found, expected.relu() if is_rectified else expected, rtol=0, atol=3e-5
        )


@pytest.mark.skipif(not shutil.which('cc'), reason='needs a C compiler')
@pytest.mark.parametrize('is_rectified', [False, True])
@torch.inference_mode()
def test_wide_layers_of_many_tiles_go_to_winograd(
    maps_of_winograd: list[torch.Size], monkeypatch: pytest.MonkeyPatch, is_rectified: bool
) -> None:
    transformed = []

    def note(weight: Tensor, panel: int) -> Tensor:
        transformed.append(weight.shape)
        return transform_filters(weight, panel)

    monkeypatch.setattr(winograd, 'transform_filters', note)
    kernels = CpuKernels(torch.float32)
    for shape, outputs in (
        ((1, 64, 12, 16), 64),
        ((4, 64, 4, 12), 32),
        ((1, 64, 11, 12), 64),  # few tiles
        ((1, 24, 60, 80), 64),  # narrow
        ((1, 36, 60, 80), 64),  # no whole registers
    ):
        convolve(kernels, shape, outputs, is_rectified)
    assert maps_of_winograd == [(1, 64, 12, 16)] * 2 + [(4, 64, 4, 12)] * 2
    assert transformed == [(64, 64, 3, 3), (32, 64, 3, 3)]  # once for all images


@pytest.mark.usefixtures('no_compiler')
@torch.inference_mode()
def test_without_a_compiler_onednn_convolves_and_a_line_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        kernels = CpuKernels(torch.float32)
        convolve(kernels, (1, 24, 60, 80), 64)
        assert not caplog.text  # nothing is lost yet
        convolve(kernels, (1, 64, 60, 80), 64)
        convolve(kernels, (1, 64, 60, 80), 32)
    (record,) = caplog.records
    message = record.getMessage()
    assert 'found no_such_compiler: [Errno 2] No such file or directory' in message
    assert 'install gcc, or name another compiler in CC' in message


@pytest.mark.skipif(not cpu_computes_bf16(), reason='needs a CPU with instructions for bf16')
@pytest.mark.usefixtures('no_compiler')
def test_bf16_asks_for_no_compiler(caplog: pytest.LogCaptureFixture) -> None:
    kernels = CpuKernels(torch.bfloat16)
    kernels.make_convolution(Filters(torch.randn(64, 64, 3, 3), torch.randn(64)), True)
    assert not caplog.text
