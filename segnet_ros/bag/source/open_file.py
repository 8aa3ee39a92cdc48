"""Open a file of a bag in the way in which it can be read."""

from __future__ import annotations

from pathlib import Path
import shutil
import sqlite3

from segnet_ros.bag.source.messages import BagFile
from segnet_ros.bag.source.scanned_database import ScannedDatabase
from segnet_ros.bag.source.scanned_mcap import ScannedMcap
from segnet_ros.bag.source.whole_file import WholeFile
from segnet_ros.bag.source.zstandard import decompress_file

STORAGES = {'.mcap': 'mcap', '.db3': 'sqlite3'}
"""What rosbag2 calls a storage, by suffix of its files."""
COMPRESSED = '.zstd'
"""Suffix after that of files that rosbag2 has compressed as a whole."""
_SIDE_FILES = ('-wal', '-journal')
"""Suffixes of files that SQLite leaves when a recorder is killed, and that belong to it."""


def open_file(path: Path, folder: Path) -> BagFile:
    """
    Open a file, whole or cut off.

    :param folder: for what has to be decompressed or recovered first; the file is never changed
    :raises OSError: if it cannot be read
    :raises ValueError: if not even its beginning is one of a bag
    """
    damage = ''
    if path.suffix == COMPRESSED:
        path, damage = _decompress(path, folder / path.stem)
    if path.suffix == '.db3':
        path, problem = _recover(path, folder / path.name)
        damage = damage or problem
    file = _open(path)
    file.damage = file.damage or damage
    return file


def _open(path: Path) -> BagFile:
    try:
        file = WholeFile(path)
    except OSError:
        raise
    except Exception as error:  # of any type, since bytes at random lead anywhere
        return _scan(path, error)
    # Without chunks the library reads it, too, but only if all stamps ascend.
    return file if path.suffix == '.db3' or file.has_chunks else ScannedMcap(path)


def _scan(path: Path, problem: Exception) -> BagFile:
    """
    Open a file that the library refuses.

    :param problem: that it has with it
    """
    try:
        return ScannedMcap(path) if path.suffix == '.mcap' else ScannedDatabase(path)
    except ValueError as error:
        raise ValueError(
            f'{path}: expected a file of a bag, or the beginning of one, found neither'
            f' ({problem}; {error}); record or copy it again, or leave it out'
        ) from error


def _decompress(path: Path, target: Path) -> tuple[Path, str]:
    """Decompress a file, unless that was done before; also tell what is wrong with it."""
    note = target.with_name(f'{target.name}.damage')
    if not target.exists():
        temporary = target.with_name(f'decompressing_{target.name}')
        note.write_text(decompress_file(path, temporary))
        temporary.replace(target)
    return target, note.read_text()


def _recover(path: Path, target: Path) -> tuple[Path, str]:
    """
    Let SQLite put into a copy what it had not yet put into the file, if there is something.

    :return: the file or the copy, and what is wrong if SQLite cannot
    """
    sides = [path.with_name(path.name + suffix) for suffix in _SIDE_FILES]
    sides = [side for side in sides if side.exists() and side.stat().st_size]
    if not sides:
        return path, ''
    if target.exists():  # from before an interruption
        return target, ''
    temporary = target.with_name(f'recovering_{target.name}')
    for source in (path, *sides):
        shutil.copyfile(
            source, temporary.with_name(source.name.replace(path.name, temporary.name))
        )
    try:
        with sqlite3.connect(temporary) as connection:
            connection.execute('PRAGMA journal_mode=DELETE')
        connection.close()
    except sqlite3.DatabaseError as error:
        return path, f'what SQLite has left beside it could not be put into it ({error})'
    temporary.replace(target)
    return target, ''
