"""C compiled at start, for the very CPU that runs it, by the compiler of the machine."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
import os
from pathlib import Path
import shlex
import subprocess
from tempfile import TemporaryDirectory

OPTIONS = ('-std=gnu11', '-O3', '-march=native', '-shared', '-fPIC')
LIMIT_S = 60
"""Of a compilation, that takes half a second."""


class CompilerError(RuntimeError):
    """Raised when there is no compiler, or it or the system refuses."""


def compile_library(source: Path, options: Sequence[str] = ()) -> ctypes.CDLL:
    """
    Compile C and load it. Nothing stays on the disk.

    :param source: a file, GNU C
    :param options: for the compiler, after :data:`OPTIONS`
    :return: its functions
    :raises CompilerError: if there is no compiler, or the source does not compile or load
    """
    compiler = shlex.split(os.environ.get('CC', 'cc'))
    with TemporaryDirectory(prefix='segnet_ros_') as folder:
        library = Path(folder, source.name).with_suffix('.so')
        command = [*compiler, *OPTIONS, *options, '-o', str(library), str(source)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
            return ctypes.CDLL(str(library))
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or ['']
            said = next((line for line in lines if 'error: ' in line), lines[0])
            raise CompilerError(f'{shlex.join(compiler)}: {said}') from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CompilerError(str(error)) from error
