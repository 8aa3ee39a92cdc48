"""What becomes of C on a machine with a compiler, without one, and with a bad one."""

from __future__ import annotations

from pathlib import Path
import shutil
import tempfile

import pytest
from segnet_ros.core.engine import c_compiler
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


@needs_compiler
@pytest.mark.parametrize('nothing', ['', ' '])
def test_an_empty_name_is_that_of_no_other_compiler(
    source: Path, monkeypatch: pytest.MonkeyPatch, nothing: str
) -> None:
    monkeypatch.setenv('CC', nothing)
    assert compile_library(source, ['-DSEVEN=7']).seven() == 7


@needs_compiler
def test_the_reason_of_a_linker_is_told(source: Path) -> None:
    with pytest.raises(CompilerError, match=r'cannot find -lno_such_library'):
        compile_library(source, ['-DSEVEN=7', '-lno_such_library'])


@needs_compiler
def test_warnings_in_any_encoding_do_no_harm(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = write_script(tmp_path, 'printf "warning: \\351\\n" >&2; exec cc -DSEVEN=7 "$@"')
    monkeypatch.setenv('CC', compiler)
    assert compile_library(source).seven() == 7


@pytest.mark.parametrize(
    ('compiler', 'said'),
    [
        ('no_such_compiler', 'no_such_compiler'),
        ('false', '^false: .*exit status 1'),
        ("'gcc", "^'gcc: No closing quotation"),
    ],
)
def test_a_machine_without_a_compiler(
    source: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, said: str
) -> None:
    monkeypatch.setenv('CC', compiler)
    with pytest.raises(CompilerError, match=said):
        compile_library(source, ['-DSEVEN=7'])


@pytest.mark.parametrize(
    ('does', 'said'),
    [
        (r'printf "seven.c: In Funktion:\nseven.c: Fehler \344\n" >&2; exit 1', 'Fehler'),
        ('kill -9 $$', 'SIGKILL'),
        ('exec sleep 60', r'takes longer than 0\.2 s'),
        ('true', r'seven\.so'),  # writes nothing
    ],
)
def test_a_compiler_that_does_not_do_its_work(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, said: str
) -> None:
    monkeypatch.setattr(c_compiler, 'LIMIT_S', 0.2)
    monkeypatch.setenv('CC', write_script(tmp_path, does))
    with pytest.raises(CompilerError, match=said):
        compile_library(source)


def test_a_machine_without_a_folder_for_temporary_files(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, 'tempdir', '/no/such/folder')
    with pytest.raises(CompilerError, match='/no/such/folder'):
        compile_library(source)


def write_script(folder: Path, does: str) -> str:
    """Write a compiler that does something else."""
    path = folder / 'compiler'
    path.write_text(f'#!/bin/sh\n{does}\n')
    path.chmod(0o755)
    return str(path)
