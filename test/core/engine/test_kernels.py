"""
The CUDA kernels: they compile for every GPU, and their arithmetic is right.

What they compute is tested on the CPU, where the same source is compiled as C++.
"""

import ctypes
from pathlib import Path
import shutil
import subprocess

import pytest
from segnet_ros.core.engine.cuda_kernels import FINISHED
from segnet_ros.core.engine.cuda_kernels import list_macros
from segnet_ros.core.engine.cuda_kernels import SOURCE
from segnet_ros.core.engine.nvrtc import compile_source
from segnet_ros.core.engine.nvrtc import CudaError
from segnet_ros.core.outputs import compute_outputs
from segnet_ros.core.outputs import make_table
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import unpool
from segnet_ros.core.selection import Selection
import torch

NO_COMPILER = shutil.which('g++') is None
NO_CUDA = torch.version.cuda is None
TYPES = {'fp16': torch.float16, 'bf16': torch.bfloat16}


@pytest.fixture(scope='module', params=TYPES)
def kernels(request, tmp_path_factory):
    """Compile the kernels as C++, for 11 classes; with them goes the type of their numbers."""
    if NO_COMPILER:
        pytest.skip('needs g++')
    dtype = TYPES[request.param]
    library = tmp_path_factory.mktemp('kernels') / 'kernels.so'
    macros = [f'-D{macro}' for macro in list_macros(4, 11, dtype)]
    emulation = Path(__file__).with_name('emulation') / 'cuda_on_cpu.cpp'
    options = ['-O1', '-shared', '-fPIC', '-I', str(SOURCE.parent), *macros]
    subprocess.run(['g++', *options, str(emulation), '-o', str(library)], check=True)
    return ctypes.CDLL(str(library)), dtype


def launch(kernel, threads, *arguments):
    """Run a kernel: tensors and None go as pointers."""
    kernel(
        threads,
        *(
            argument
            if isinstance(argument, int)
            else ctypes.c_void_p(None if argument is None else argument.data_ptr())
            for argument in arguments
        ),
    )


def to_rows(x):
    """Put channels last in memory, as the kernels read it: (N, H, W, C)."""
    return x.permute(0, 2, 3, 1).contiguous()


@pytest.mark.parametrize('size', [(6, 8), (7, 9), (1, 1)])
def test_pooling_and_unpooling_are_those_of_the_network(kernels, size):
    library, dtype = kernels
    torch.manual_seed(0)
    x = torch.randn(2, 12, *size).relu().mul(4).round().to(dtype)  # with many ties
    pooled = max_pool(x)
    rows = to_rows(x)
    features = torch.empty_like(to_rows(pooled.features))
    indices = torch.empty_like(features, dtype=torch.uint8)
    threads = features.numel() // 4 + 5  # some have nothing to do
    launch(library.launch_max_pool, threads, rows, features, indices, *rows.shape)
    assert torch.equal(features, to_rows(pooled.features))
    assert torch.equal(indices, to_rows(pooled.indices))

    restored = torch.full_like(rows, 7)
    launch(library.launch_unpool, threads, features, indices, restored, *rows.shape)
    assert torch.equal(restored, to_rows(unpool(pooled.features, pooled.indices, size)))


@pytest.mark.parametrize('size', [(24, 40), (55, 64), (11, 9)])
@pytest.mark.parametrize('outputs', [FINISHED, ('label',), ('overlay',)])
@pytest.mark.parametrize('selection', [Selection(), Selection((1, 2, 7, 9), 0.4)])
def test_outputs_are_those_of_the_predictor(kernels, size, outputs, selection):
    library, dtype = kernels
    torch.manual_seed(0)
    logits = torch.randn(1, 11, 24, 40).mul(3).to(dtype)
    image = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    palette = torch.randint(0, 256, (256, 3), dtype=torch.uint8)
    opacity = torch.tensor(0.3)
    expected = compute_outputs(logits, image, palette, outputs, opacity, selection)
    found = {name: torch.empty_like(tensor) for name, tensor in expected.items()}
    padded = torch.nn.functional.pad(to_rows(logits), (0, 5), value=9)
    pointers = [found.get(name) for name in FINISHED]
    kept = make_table(selection.class_ids, image.device) if selection.class_ids else None
    launch(
        library.launch_finish,
        size[0] * size[1],
        *(padded, 24, 40, 16, image, palette, opacity, kept, selection.least),
        *(*pointers, *size),
    )
    for name, tensor in expected.items():
        same = (found[name] == tensor).float().mean().item()
        # Interpolated in another order: rarely, rounding decides.
        assert same > 0.998, (name, same)


@pytest.mark.skipif(NO_CUDA, reason='needs a PyTorch with CUDA, not a GPU')
@pytest.mark.parametrize('architecture', ['sm_75', 'sm_87', 'sm_90'])
@pytest.mark.parametrize('dtype', TYPES.values())
def test_kernels_compile_for_every_gpu(architecture, dtype):
    code = compile_source(
        SOURCE.read_text(encoding='utf-8'), architecture, list_macros(8, 37, dtype)
    )
    assert code.startswith(b'\x7fELF')


@pytest.mark.skipif(NO_CUDA, reason='needs a PyTorch with CUDA, not a GPU')
def test_what_does_not_compile_says_where():
    with pytest.raises(CudaError, match=r'sm_87: kernels\.cu\(2\): error: .*thing'):
        compile_source('\nextern "C" __global__ void kernel(thing x) {}', 'sm_87')
