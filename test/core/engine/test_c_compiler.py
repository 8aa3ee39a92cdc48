"""What becomes of C on a machine with a compiler, without one, and with a bad one."""

from __future__ import annotations

from pathlib import Path
import shutil
import tempfile

import pytest
from segnet_ros.core.engine.c_compiler import compile_library
from segnet_ros.core.engine.c_compiler import CompilerError

needs_compiler = pytest.mark.skipif(not shutil.which('cc'), reason='needs a C compiler')


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write a function."""
    path = tmp_path / 'seven.c'
    path.write_text('int seven(void) { return SEVEN; }')
    return path


@needs_compiler
def test_functions_can_be_called_and_nothing_stays(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / 'temporary'
    folder.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(folder))
    assert compile_library(source, ['-DSEVEN=7']).seven() == 7
    assert not list(folder.iterdir())


@needs_compiler
def test_an_error_of_the_compiler_is_told(source: Path) -> None:
    with pytest.raises(CompilerError, match=r'seven\.c:1:\d+: error: .*SEVEN'):
        compile_library(source)


@needs_compiler
def test_the_compiler_can_be_named(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('CC', 'cc -DSEVEN=7')
    assert compile_library(source).seven() == 7


@pytest.mark.parametrize(
    ('compiler', 'said'), [('no_such_compiler', 'no_such_compiler'), ('false', '^false: ')]
)
def test_a_machine_without_a_compiler(
    source: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, said: str
) -> None:
    monkeypatch.setenv('CC', compiler)
    with pytest.raises(CompilerError, match=said):
        compile_library(source, ['-DSEVEN=7'])


def test_what_cannot_be_loaded_is_told(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A compiler that succeeds and writes nothing.
    monkeypatch.setenv('CC', 'true')
    with pytest.raises(CompilerError, match=r'seven\.so'):
        compile_library(source)
