"""Compiled convolutions against those of PyTorch."""

from __future__ import annotations

from pathlib import Path
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
        found, (expected.relu() if is_rectified else expected).float(), rtol=0, atol=3e-5
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


FLAT = {
    'one value': lambda row, column: 0 * row,
    'rows': lambda row, column: row,
    'columns': lambda row, column: column,
    'diagonals': lambda row, column: row - column + 100,
    'diagonals back': lambda row, column: row + column,
    'stairs': lambda row, column: (row + column) % 9 < 4,
    'circles': lambda row, column: (row % 13 - 6) ** 2 + (column % 13 - 6) ** 2 < 20,
    'specks': lambda row, column: (row % 7 == 3) & (column % 9 == 3),
    'chance': lambda row, column: torch.rand(row.shape) < 0.5,
}
"""Which color a pixel has."""


@pytest.mark.parametrize('case', FLAT)
def test_pooling_of_flat_parts_decides_as_after_a_direct_convolution(
    compiled: Winograd, case: str
) -> None:
    torch.manual_seed(0)
    filters = draw_filters(64, 64)
    row, column = torch.meshgrid(torch.arange(40), torch.arange(48), indexing='ij')
    x = torch.randn(64, 200)[:, FLAT[case](row, column).long()][None]
    # In float64, where what is not the same differs by more than rounding.
    exact = convolve_exactly(x, filters).round(decimals=9)
    expected = F.max_pool2d(exact, 2, return_indices=True)[1]
    y = compiled.make_convolution(filters, False)(put_last(x))
    assert torch.equal(F.max_pool2d(y, 2, return_indices=True)[1], expected)


@pytest.mark.parametrize('place', [(0, 1), (1, 0), (1, 2), (2, 1), (0, 0), (2, 2), (0, 2), (2, 0)])
def test_results_differ_where_one_pixel_of_their_inputs_does(
    compiled: Winograd, place: tuple[int, int]
) -> None:
    filters = draw_filters(32, 32)
    row, column = place
    x = torch.ones(1, 32, 12, 12)
    x[:, -1, 4 + row, 4 + column] = 2
    found = compiled.make_convolution(filters, False)(put_last(x))
    torch.testing.assert_close(found, convolve_exactly(x, filters).float(), rtol=0, atol=3e-5)


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


@pytest.mark.parametrize('outputs', [1, 11, 33])
def test_outputs_need_not_fill_registers(compiled: Winograd, outputs: int) -> None:
    filters = draw_filters(outputs, 64)
    x = put_last(torch.randn(2, 64, 10, 14))
    found = compiled.make_convolution(filters, False)(x)
    torch.testing.assert_close(found, convolve_exactly(x, filters).float(), rtol=0, atol=3e-5)


@pytest.mark.parametrize(
    ('outputs', 'inputs', 'fits'),
    [(64, 64, True), (11, 64, True), (64, 3, False), (64, 16, False), (128, 100, False)],
)
def test_inputs_must_be_many_and_fill_registers(
    compiled: Winograd, outputs: int, inputs: int, fits: bool
) -> None:
    assert compiled.can_convolve(draw_filters(outputs, inputs)) == fits


@pytest.mark.parametrize(
    ('shape', 'pays'), [((1, 64, 12, 13), True), ((1, 64, 12, 12), False), ((2, 64, 8, 12), True)]
)
def test_small_maps_do_not_pay(compiled: Winograd, shape: tuple[int, ...], pays: bool) -> None:
    assert compiled.pays_for(torch.Size(shape)) == pays


@pytest.mark.parametrize('factor', [1.01, float('nan')])
def test_code_that_computes_wrongly_is_not_used(
    monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    right = winograd.make_filter_transform()
    monkeypatch.setattr(winograd, 'make_filter_transform', lambda: factor * right)
    with pytest.raises(CompilerError, match='computes wrongly, by up to'):
        Winograd()


def test_a_library_of_other_functions_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / 'other.c'
    other.write_text('int seven(void) { return 7; }')
    monkeypatch.setattr(winograd, 'SOURCE', other)
    with pytest.raises(CompilerError, match='undefined symbol'):
        Winograd()


@pytest.mark.parametrize('dtype', [torch.float64, torch.bfloat16])
def test_what_the_program_makes_its_default_does_not_count(dtype: torch.dtype) -> None:
    filters = draw_filters(64, 64)
    x = put_last(torch.randn(1, 64, 40, 60))
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device('meta'):
            found = Winograd().make_convolution(filters, False)(x)
    finally:
        torch.set_default_dtype(default)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, convolve_exactly(x, filters).float(), rtol=0, atol=3e-5)
