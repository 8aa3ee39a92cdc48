"""How far a bag is labeled: a file that is always whole, from which work goes on."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
import json
from pathlib import Path
from typing import Any

from segnet_ros.core.weight_files import write_atomically


@dataclass
class Part:
    """A file of the new bag that is complete."""

    file: int
    """Index of the file of the old bag that its messages are from."""
    place: list[int]
    """Where in that file the next part begins: the fields of a Place."""
    is_last: bool
    """Whether it has the last messages of that file."""
    damage: str
    """What is wrong with that file, and its name, if this has its last messages."""
    metadata: dict[str, Any]
    """What metadata.yaml would say of a bag with this file alone."""
    labeled: dict[str, int]
    """Images labeled, by topic."""
    problems: dict[str, tuple[int, str]]
    """By topic: images that could not be labeled, and why the first could not."""


@dataclass
class Progress:
    """What was asked for, and the parts that are complete."""

    source: list[Any]
    """Names, sizes and times of the files of the old bag."""
    options: dict[str, Any]
    """What the messages of the new bag depend on."""
    outputs: dict[str, list[str]]
    """Topics of the outputs, by the topic that is labeled."""
    damage: list[str]
    """What is wrong with the old bag beside what is wrong with its files."""
    batch_size: int
    """Images per batch; the same after an interruption, as rounding can depend on it."""
    parts: list[Part] = field(default_factory=list)

    def count_images(self) -> int:
        """Count the images that are done with."""
        return sum(
            sum(part.labeled.values()) + sum(count for count, _ in part.problems.values())
            for part in self.parts
        )

    def list_damage(self) -> list[str]:
        """Tell what is wrong with the old bag, as far as it has been read."""
        return [*self.damage, *(part.damage for part in self.parts if part.damage)]

    def save(self, path: Path) -> None:
        """
        Write the file.

        :raises OSError: if it cannot be written
        """
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)))


def load_progress(path: Path) -> Progress | None:
    """
    Read the file; None if there is none.

    :raises ValueError: if it is another file
    """
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text())
        parts = [Part(**part) for part in values.pop('parts')]
        return Progress(**values, parts=parts)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f'{path}: expected what segnet_bag of this version wrote, could not read it ({error});'
            f' remove {path.parent} to begin anew'
        ) from error


def check_same(before: Progress, now: Progress, folder: Path) -> None:
    """
    Make sure that work can go on where it ended.

    :param folder: that keeps what was done before
    :raises ValueError: if another bag or other options are given
    """
    remedy = f'give the same, or remove {folder} to begin anew'
    if before.source != now.source:
        raise ValueError(
            'expected the bag with which this was begun, found other or changed files in its'
            f' place; {remedy}'
        )
    for name, value in before.options.items():
        if now.options[name] != value:
            raise ValueError(
                f'expected {name} {value}, with which this was begun, found'
                f' {now.options[name]}; {remedy}'
            )
