"""The folder beside a new bag in which it grows; the bag appears when it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import shutil
from typing import Any

from segnet_ros.bag.metadata import join_metadata
from segnet_ros.bag.progress import Part
from segnet_ros.core.weight_files import write_atomically
import yaml

SUFFIX = '.unfinished'


class Workplace:
    """
    Where everything is while a bag is labeled.

    :ivar target: where the bag will be
    :ivar folder: what can be removed to begin anew
    :ivar progress: file of the Progress
    :ivar scratch: folder for what has to be decompressed or recovered before it can be read
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.parent / (target.name + SUFFIX)
        self.progress = self.folder / 'progress.json'
        self.scratch = self.folder / 'scratch'
        self._bag = self.folder / 'bag'
        self._part = self.folder / 'part'

    @contextmanager
    def occupy(self) -> Iterator[None]:
        """
        Make the folders, and keep others out for the time of the context.

        :raises FileExistsError: if the bag is there already
        :raises OSError: if another process is at work here, or the folders cannot be made
        """
        self._refuse_target()
        self.scratch.mkdir(parents=True, exist_ok=True)
        with open(self.folder / 'lock', 'w') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise OSError(
                    f'{self.folder}: expected no other segnet_bag to work on it, found one;'
                    ' wait for it, or end it'
                ) from error
            self._refuse_target()  # which another may have completed meanwhile
            self._bag.mkdir(exist_ok=True)
            try:
                yield
            finally:
                if not self.progress.exists():  # nothing was begun that could be gone on with
                    shutil.rmtree(self.folder, ignore_errors=True)

    def _refuse_target(self) -> None:
        if os.path.lexists(self.target):  # a link to nowhere would be in the way, too
            raise FileExistsError(
                f"expected no '{self.target}', where the labeled bag goes, found one; choose"
                ' another OUT, or move it away'
            )

    def locate_journal(self, part: int) -> Path:
        """Name the journal of a part."""
        return self.folder / f'part_{part}.journal'

    def locate_part(self, part: int) -> Path:
        """Name the folder in which a part is written."""
        return self._part / f'{self.target.name}_{part}'

    def keep(self, part: int, metadata: dict[str, Any]) -> None:
        """
        Move the file of a part that is complete to those of the bag.

        :param metadata: of the part
        """
        (name,) = metadata['relative_file_paths']
        (self.locate_part(part) / name).replace(self._bag / name)
        _sync(self._bag)
        shutil.rmtree(self._part)

    def complete(self, parts: list[Part], source: dict[str, Any], custom: dict[str, str]) -> None:
        """
        Let the bag appear, and remove everything else.

        :param parts: all parts
        :param source: metadata of the old bag
        :param custom: to be added to what the old bag has as custom data
        """
        metadata = join_metadata([part.metadata for part in parts], source)
        content = metadata['rosbag2_bagfile_information']
        content['custom_data'] = {**source.get('custom_data', {}), **custom}
        with write_atomically(self._bag / 'metadata.yaml') as temporary:
            temporary.write_text(yaml.safe_dump(metadata, sort_keys=False))
        _sync(self._bag)
        self._bag.rename(self.target)
        _sync(self.target.parent)
        self.clear()

    @property
    def is_left_over(self) -> bool:
        """Whether the bag has appeared, and the process ended before it removed the rest."""
        return self.target.exists() and self.progress.exists() and not self._bag.exists()

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Let the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
