"""Where a checkpoint comes from, and its hash."""

from __future__ import annotations

from collections.abc import Callable
import hashlib
import os
from pathlib import Path
import time

import pytest
from segnet_ros.core.checkpoint_file import packaged_checkpoint
from segnet_ros.node.inference.checkpoint_source import hash_checkpoint
from segnet_ros.node.inference.checkpoint_source import locate_checkpoint
from segnet_ros.node.inference.checkpoint_source import refuse_changes


def test_a_path_stays_as_it_is() -> None:
    for text in ('', 'a.safetensors', '/weights/b.safetensors', '../c'):
        assert locate_checkpoint(text) == text


def test_a_file_of_a_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages' / 'my_robot'
    marker.parent.mkdir(parents=True)
    marker.touch()
    (tmp_path / 'share' / 'my_robot').mkdir()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    found = locate_checkpoint('package://my_robot/weights/yard.safetensors')
    assert found == str(tmp_path / 'share' / 'my_robot' / 'weights' / 'yard.safetensors')


@pytest.mark.parametrize('text', ['package://', 'package://my_robot', 'package:///file'])
def test_a_package_without_a_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='expected a checkpoint such as package://'):
        locate_checkpoint(text)


def test_an_unknown_package_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an installed package 'nowhere', found none"):
        locate_checkpoint('package://nowhere/a.safetensors')


def test_a_file_is_hashed_and_the_hash_is_checked_where_one_is_given(tmp_path: Path) -> None:
    path = tmp_path / 'a.safetensors'
    path.write_bytes(b'weights' * 1000)
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    for expected in ('', right, f' {right.upper()}\n'):
        assert hash_checkpoint(str(path), expected) == right
    path.write_bytes(b'weight' + path.read_bytes()[6:][::-1])
    with pytest.raises(ValueError, match=rf'a\.safetensors: expected SHA-256 {right}, found '):
        hash_checkpoint(str(path), right)


@pytest.mark.skipif(not Path('/proc/self/mem').is_file(), reason='needs a file without contents')
def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match='/proc/self/mem: expected a file that can be read'):
        hash_checkpoint('/proc/self/mem', '')


def rewrite(path: Path) -> None:
    """Change the contents, and neither size nor time."""
    found = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def exchange(path: Path) -> None:
    """Put another file in its place, as those do that write atomically."""
    other = path.with_name('other')
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize('change', [rewrite, exchange, os.unlink, lambda path: path.touch()])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / 'a.safetensors'
    path.write_bytes(b'weights')
    with refuse_changes(str(path)):
        path.read_bytes()
    time.sleep(0.05)  # the clock of a file system may be coarse
    with (
        pytest.raises(ValueError, match=rf'{path}: expected a file that stays as it is'),
        refuse_changes(str(path)),
    ):
        change(path)


def test_the_packaged_file_can_be_checked_too() -> None:
    right = hashlib.sha256(packaged_checkpoint().read_bytes()).hexdigest()
    assert hash_checkpoint('', '') == hash_checkpoint('', right) == right
    with pytest.raises(ValueError, match='the packaged checkpoint: expected SHA-256'):
        hash_checkpoint('', right[::-1])
