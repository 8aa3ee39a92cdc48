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
    name = os.environ.get('CC', '').strip() or 'cc'
    try:
        # On some file systems what is loaded cannot be deleted at once.
        with TemporaryDirectory(prefix='segnet_ros_', ignore_cleanup_errors=True) as folder:
            library = Path(folder, source.name).with_suffix('.so')
            command = [*shlex.split(name), *OPTIONS, *options, '-o', str(library), str(source)]
            _run(command)
            return ctypes.CDLL(str(library))
    except subprocess.CalledProcessError as error:
        raise CompilerError(f'{name}: {_find_reason(error)}') from error
    except subprocess.TimeoutExpired as error:
        raise CompilerError(f'{name}, which takes longer than {LIMIT_S} s') from error
    except (OSError, ValueError) as error:  # of the folder, of quotes in CC, of loading
        raise CompilerError(f'{name}: {error}') from error


def _run(command: Sequence[str]) -> None:
    """Run a compiler that says what it says in English, in any encoding."""
    subprocess.run(
        command,
        env={**os.environ, 'LC_ALL': 'C'},
        check=True,
        capture_output=True,
        text=True,
        errors='replace',
        timeout=LIMIT_S,
    )


def _find_reason(error: subprocess.CalledProcessError) -> str:
    """Find the line that says why, among all that a compiler and a linker wrote."""
    written: str = error.stderr
    lines = [line for line in written.splitlines() if line and 'collect2' not in line]
    reasons = [line for line in lines if 'error: ' in line]
    return (reasons or lines[-1:] or [str(error)])[0]
