"""Compiled convolutions against those of PyTorch."""

from __future__ import annotations

import shutil

import pytest
from segnet_ros.core.engine import winograd
from segnet_ros.core.engine.c_compiler import CompilerError
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.winograd import Winograd
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

pytestmark = pytest.mark.skipif(not shutil.which('cc'), reason='needs a C compiler')


@pytest.fixture(scope='module')
def compiled() -> Winograd:
    """Compile for this CPU."""
    return Winograd()


def draw_filters(outputs: int, inputs: int) -> Filters:
    torch.manual_seed(0)
    weight = torch.randn(outputs, inputs, 3, 3) / (9 * inputs) ** 0.5
    return Filters(weight, torch.randn(outputs))


def put_last(x: Tensor) -> Tensor:
    """Order memory as the kernels want it."""
    return x.contiguous(memory_format=torch.channels_last)


def convolve_exactly(x: Tensor, filters: Filters) -> Tensor:
    weight, bias = filters.weight.double(), filters.bias.double()
    return F.conv2d(x.double(), weight, bias, padding=1)


@pytest.fixture(
    scope='module',
    params=[(), ('-DLANES=4', '-DROWS=8'), ('-DLANES=8', '-DROWS=6'), ('-DLANES=16', '-DROWS=12')],
    ids=['this CPU', 'NEON', 'AVX', 'AVX-512'],
)
def compiled_for_any(request: pytest.FixtureRequest) -> Winograd:
    """Compile for registers of any CPU, which this one puts together."""
    return Winograd(request.param)


@pytest.mark.parametrize('size', [(1, 1), (4, 4), (5, 7), (33, 50)])
@pytest.mark.parametrize('is_rectified', [False, True])
def test_results_are_those_of_pytorch(
    compiled_for_any: Winograd, size: tuple[int, int], is_rectified: bool
) -> None:
    filters = draw_filters(64, 96)
    x = put_last(torch.randn(3, 96, *size))
    expected = convolve_exactly(x, filters)
    found = compiled_for_any.make_convolution(filters, is_rectified)(x)
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(
        found, (expected.relu() if is_rectified else expected).float(), rtol=0, atol=1e-5
    )


def test_rounding_is_no_coarser_than_that_of_a_direct_convolution(compiled: Winograd) -> None:
    filters = draw_filters(256, 256)
    x = put_last(torch.rand(1, 256, 40, 60))
    exact = convolve_exactly(x, filters)
    direct = F.conv2d(x, *filters, padding=1)
    found = compiled.make_convolution(filters, False)(x)
    assert (found - exact).square().mean() < 1.5 * (direct - exact).square().mean()


def test_results_are_the_same_alone_and_among_others_on_one_thread_and_on_many(
    compiled: Winograd,
) -> None:
    convolve = compiled.make_convolution(draw_filters(64, 64), True)
    x = put_last(torch.randn(3, 64, 50, 70))
    together = convolve(x)
    threads = torch.get_num_threads()
    try:
        for number in (1, 3):
            torch.set_num_threads(number)
            for one, expected in zip(x, together, strict=True):
                assert torch.equal(convolve(one[None])[0], expected)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize('alike', ['all', 'rows', 'columns'])
def test_equal_inputs_have_results_that_are_equal_to_the_last_bit(
    compiled: Winograd, alike: str
) -> None:
    convolve = compiled.make_convolution(draw_filters(64, 64), False)
    x = torch.randn(1, 64, 34, 43)
    flat = x[:, :, 6:25, 5:38]
    if alike != 'columns':
        flat[:] = flat[:, :, :1]
    if alike != 'rows':
        flat[:] = flat[..., :1]
    y = convolve(put_last(x))[:, :, 7:24, 6:37]  # those whose inputs are all in the flat part
    # As a direct convolution has it: the pooling of a pair takes the first, unless it is lower.
    # Pairs of different tiles may differ; pooling never looks at these.
    windows = y[:, :, 1:, :].unfold(2, 2, 2).unfold(3, 2, 2)
    if alike != 'columns':
        assert torch.equal(windows[..., 0, :], windows[..., 1, :])
    if alike != 'rows':
        assert torch.equal(windows[..., :, 0], windows[..., :, 1])
    assert not torch.equal(windows[..., 0, 0], windows[..., 1, 1]) or alike == 'all'


def test_what_is_not_a_number_stays(compiled: Winograd) -> None:
    x = put_last(torch.randn(1, 32, 9, 9))
    x[0, 0, 4, 4] = float('nan')
    y = compiled.make_convolution(draw_filters(32, 32), True)(x)
    assert y[0, :, 4, 4].isnan().all()


def test_memory_of_any_order_is_read(compiled: Winograd) -> None:
    filters = draw_filters(32, 32)
    x = torch.randn(1, 32, 9, 9)
    convolve = compiled.make_convolution(filters, False)
    assert torch.equal(convolve(x), convolve(put_last(x)))


@pytest.mark.parametrize(
    ('outputs', 'inputs', 'fits'),
    [(64, 64, True), (64, 3, False), (11, 64, False), (16, 16, False), (128, 72, False)],
)
def test_channels_must_be_many_and_fill_registers(
    compiled: Winograd, outputs: int, inputs: int, fits: bool
) -> None:
    assert compiled.can_convolve(draw_filters(outputs, inputs)) == fits


def test_code_that_computes_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd, 'POINTS', (0.75, 1.25))
    with pytest.raises(CompilerError, match='results are wrong by up to'):
        Winograd()
