"""The first and the last convolution on tensor cores, tested on the CPU, compiled as C++."""

import ctypes
from pathlib import Path
import shutil
import subprocess

import pytest
from segnet_ros.core.engine.nvrtc import compile_source
from segnet_ros.core.engine.outer_convolutions import are_possible
from segnet_ros.core.engine.outer_convolutions import list_macros
from segnet_ros.core.engine.outer_convolutions import pack_first
from segnet_ros.core.engine.outer_convolutions import pack_last
from segnet_ros.core.engine.outer_convolutions import SOURCE
from segnet_ros.core.model import SegNetConfig
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

TYPES = {'fp16': torch.float16, 'bf16': torch.bfloat16}


@pytest.fixture(scope='module', params=TYPES)
def kernels(request, tmp_path_factory):
    """Compile the kernels as C++, for 11 classes and 64 channels; with them goes their type."""
    if shutil.which('g++') is None:
        pytest.skip('needs g++')
    dtype = TYPES[request.param]
    library = tmp_path_factory.mktemp('kernels') / 'outer_convolutions.so'
    macros = [f'-D{macro}' for macro in list_macros(SegNetConfig(), dtype)]
    emulation = Path(__file__).with_name('emulation') / 'tensor_cores_on_cpu.cpp'
    options = ['-std=c++20', '-O1', '-pthread', '-shared', '-fPIC', '-I', str(SOURCE.parent)]
    subprocess.run(
        ['g++', '-Wno-unknown-pragmas', *options, *macros, str(emulation), '-o', str(library)],
        check=True,
    )
    return ctypes.CDLL(str(library)), dtype


def convolve(kernel, x, weights, bias, out, *channels):
    """Run a kernel on (N, C, H, W); the result has the same order."""
    count, _, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).contiguous()
    y = torch.full((count, height, width, out), 7, dtype=x.dtype)
    pointers = (ctypes.c_void_p(tensor.data_ptr()) for tensor in (rows, weights, bias, y))
    threads = 32 * count * height * width  # most of them have nothing to do
    kernel(threads, *pointers, count, height, width, *channels)
    return y.permute(0, 3, 1, 2)


def assert_rounded(found, expected):
    """Find nothing but the rounding of the type."""
    eps = torch.finfo(found.dtype).eps
    torch.testing.assert_close(found.float(), expected, rtol=eps, atol=1e-5)


@pytest.mark.parametrize('size', [(7, 9), (4, 8), (1, 1)])
def test_an_image_is_convolved(kernels, size):
    library, dtype = kernels
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size).to(dtype)
    weight, bias = torch.randn(64, 3, 3, 3).to(dtype), torch.randn(64)
    found = convolve(library.launch_convolve_image, x, pack_first(weight), bias, 64)
    assert_rounded(found, F.conv2d(x.float(), weight.float(), bias, padding=1).relu())


@pytest.mark.parametrize('size', [(7, 9), (4, 8), (1, 1)])
def test_features_are_classified(kernels, size):
    library, dtype = kernels
    torch.manual_seed(0)
    x = torch.randn(2, 64, *size).to(dtype)
    weight, bias = torch.randn(11, 64, 3, 3).to(dtype), torch.randn(11)
    padded = F.pad(bias, (0, 5))
    found = convolve(library.launch_classify, x, pack_last(weight), padded, 16, 64)
    assert_rounded(found[:, :11], F.conv2d(x.float(), weight.float(), bias, padding=1))
    assert not found[:, 11:].any()


@pytest.mark.skipif(torch.version.cuda is None, reason='needs a PyTorch with CUDA, not a GPU')
@pytest.mark.parametrize('architecture', ['sm_80', 'sm_87', 'sm_90'])
@pytest.mark.parametrize('dtype', TYPES.values())
@pytest.mark.parametrize('config', [SegNetConfig(), SegNetConfig(48, (96, 128, 256, 512, 512))])
def test_they_compile_for_every_gpu_that_can_run_them(architecture, dtype, config):
    code = compile_source(
        SOURCE.read_text(encoding='utf-8'), architecture, list_macros(config, dtype)
    )
    assert code.startswith(b'\x7fELF')


def test_what_they_cannot_compute_is_left_to_others():
    assert are_possible(SegNetConfig(), (8, 7))
    assert not are_possible(SegNetConfig(), (7, 5))
    assert not are_possible(SegNetConfig(49), (9, 0))
    assert not are_possible(SegNetConfig(widths=(8, 8, 8, 8, 8)), (9, 0))
