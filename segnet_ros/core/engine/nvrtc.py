"""
CUDA kernels compiled at start by NVRTC, which comes with PyTorch and with JetPack.

PyTorch's own ways need a compiler or Triton on the robot; this needs two shared libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

THREADS = 256
"""Threads of a block."""


class CudaError(RuntimeError):
    """Raised when NVRTC or the driver is missing, or refuses."""


def compile_source(source: str, architecture: str, macros: Sequence[str] = ()) -> bytes:
    """
    Compile CUDA C; needs no GPU.

    :param source: with ``extern "C"`` kernels, and no includes
    :param architecture: such as ``sm_87``
    :param macros: such as ``VECTOR=8``
    :return: machine code of that architecture
    :raises CudaError: if there is no NVRTC, or the source does not compile
    """
    library = _load_nvrtc()
    program = ctypes.c_void_p()
    _check(
        library,
        library.nvrtcCreateProgram(
            ctypes.byref(program), source.encode(), b'kernels.cu', 0, None, None
        ),
    )
    try:
        options = [f'--gpu-architecture={architecture}', *(f'-D{macro}' for macro in macros)]
        array = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
        if library.nvrtcCompileProgram(program, len(options), array):
            log = _read(library, program, 'nvrtcGetProgramLog').decode(errors='replace')
            text = log.rstrip('\0').strip()
            raise CudaError(f'NVRTC for {architecture}: {text}')
        return _read(library, program, 'nvrtcGetCUBIN')
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


class CudaModule:
    """Kernels on a GPU, launched on PyTorch's current stream, also into a graph."""

    def __init__(self, code: bytes) -> None:
        """
        Load machine code into the context that PyTorch uses.

        :param code: of :func:`compile_source`, for the current device
        :raises CudaError: if the driver refuses it
        """
        torch.cuda.current_stream()  # makes the context
        self._driver = _load_driver()
        self._module = ctypes.c_void_p()
        self._check(self._driver.cuModuleLoadData(ctypes.byref(self._module), code))
        self._functions: dict[str, ctypes.c_void_p] = {}

    def launch(self, name: str, threads: int, *arguments: Tensor | int | None) -> None:
        """
        Start a kernel.

        :param name: of the kernel
        :param threads: how many, at least
        :param arguments: tensors and None as pointers, the rest as int
        :raises CudaError: if the driver refuses it
        """
        values: list[Any] = [
            ctypes.c_int(argument)
            if isinstance(argument, int)
            else ctypes.c_void_p(None if argument is None else argument.data_ptr())
            for argument in arguments
        ]
        pointers = (ctypes.c_void_p * len(values))(
            *(ctypes.cast(ctypes.byref(value), ctypes.c_void_p) for value in values)
        )
        blocks = -(-threads // THREADS)
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        self._check(
            self._driver.cuLaunchKernel(
                self._find(name), blocks, 1, 1, THREADS, 1, 1, 0, stream, pointers, None
            )
        )

    def _find(self, name: str) -> ctypes.c_void_p:
        if name not in self._functions:
            function = ctypes.c_void_p()
            self._check(
                self._driver.cuModuleGetFunction(
                    ctypes.byref(function), self._module, name.encode()
                )
            )
            self._functions[name] = function
        return self._functions[name]

    def _check(self, status: int) -> None:
        if status:
            text = ctypes.c_char_p()
            self._driver.cuGetErrorString(status, ctypes.byref(text))
            raise CudaError(f'CUDA driver: {(text.value or b"unknown error").decode()}')


def _load_nvrtc() -> ctypes.CDLL:
    """Find the NVRTC that belongs to PyTorch."""
    version = torch.version.cuda
    if version is None:
        raise CudaError('this PyTorch was built without CUDA')
    major, minor = version.split('.')[:2]
    names = [f'libnvrtc.so.{major}', f'libnvrtc.so.{major}.{minor}']
    packages = Path(torch.__file__).parents[1] / 'nvidia'
    found = [str(path) for name in names for path in sorted(packages.glob(f'*/lib/{name}'))]
    return _load_library('NVRTC', [*names, *found])


def _load_driver() -> ctypes.CDLL:
    return _load_library('the CUDA driver', ['libcuda.so.1'])


def _load_library(what: str, names: Sequence[str]) -> ctypes.CDLL:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise CudaError(f'{what} was not found ({", ".join(names)})')


def _check(library: ctypes.CDLL, status: int) -> None:
    if status:
        library.nvrtcGetErrorString.restype = ctypes.c_char_p
        raise CudaError(f'NVRTC: {library.nvrtcGetErrorString(status).decode()}')


def _read(library: ctypes.CDLL, program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(library, getattr(library, f'{what}Size')(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(library, getattr(library, what)(program, buffer))
    return buffer.raw
