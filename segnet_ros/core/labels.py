"""Label sets: which class ids there are, and how they are called, drawn and stored in files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import yaml

UNLABELED = 255
"""The one value for unlabeled pixels in data, loss, metrics and messages."""
BLACK = (0, 0, 0)
Color = tuple[int, int, int]
"""RGB, 0 to 255."""


class LabelSetError(ValueError):
    """Raised when a label set is not what this package reads."""


@dataclass(frozen=True)
class LabelSet:
    """Names and colors by class id, and which values and colors stand for what in label files."""

    name: str
    names: tuple[str, ...]
    colors: tuple[Color, ...]
    """By class id; what is drawn, and what is read from label files in color."""
    unlabeled_values: tuple[int, ...] = (UNLABELED,)
    """Values that mean unlabeled in label files."""
    unlabeled_colors: tuple[Color, ...] = (BLACK,)
    """Colors that mean unlabeled in label files; black does not where a class is black."""
    values: tuple[int, ...] = ()
    """By class id, the value that stands for the class in label files; by default the id."""

    def __post_init__(self) -> None:
        if not self.values:
            object.__setattr__(self, 'values', tuple(range(len(self.names))))
        if not 1 <= len(self.names) <= UNLABELED or len(self.names) != len(self.colors):
            raise LabelSetError(
                f"label set '{self.name}': expected 1 to {UNLABELED} classes with one name and one"
                f' color each, got {len(self.names)} names and {len(self.colors)} colors'
            )
        if len(set(self.names)) != len(self.names) or len(set(self.colors)) != len(self.colors):
            raise LabelSetError(
                f"label set '{self.name}': expected names and colors that differ between classes,"
                ' got duplicates; rename or recolor them'
            )
        for color in self.colors + self.unlabeled_colors:
            if not all(0 <= value <= 255 for value in color):
                raise LabelSetError(
                    f"label set '{self.name}': expected RGB colors of 0 to 255, got {color}"
                )
        self._check_values()

    def _check_values(self) -> None:
        if len(set(self.values)) != self.num_classes or len(self.values) != self.num_classes:
            raise LabelSetError(
                f"label set '{self.name}': expected one value per class, each another, got"
                f' {list(self.values)}'
            )
        for value in self.values + self.unlabeled_values:
            if not 0 <= value <= 255:
                raise LabelSetError(
                    f"label set '{self.name}': expected values of 0 to 255, got {value}"
                )
        self._check_unlabeled('values', self.values, self.unlabeled_values)
        others = tuple(color for color in self.unlabeled_colors if color != BLACK)
        self._check_unlabeled('colors', self.colors, others)

    def _check_unlabeled(
        self, kind: str, of_classes: tuple[Any, ...], unlabeled: tuple[Any, ...]
    ) -> None:
        both = set(of_classes) & set(unlabeled)
        if both:
            raise LabelSetError(
                f"label set '{self.name}': expected unlabeled_{kind} that stand for no class, got"
                f' {min(both)}; list only {kind} that are not those of a class'
            )

    @property
    def num_classes(self) -> int:
        """Number of classes, without unlabeled."""
        return len(self.names)

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """RGB by class id, uint8 (256, 3); black where there is no class."""
        palette = np.zeros((256, 3), np.uint8)
        palette[: self.num_classes] = self.colors
        palette.setflags(write=False)
        return palette

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as in a label-set file; what is default is left out."""
        values: dict[str, Any] = {
            'name': self.name,
            'unlabeled_values': list(self.unlabeled_values),
        }
        if self.unlabeled_colors != (BLACK,):
            values['unlabeled_colors'] = [list(color) for color in self.unlabeled_colors]
        values['classes'] = [
            {'name': name, 'color': list(color)} | ({} if value == class_id else {'value': value})
            for class_id, (name, color, value) in enumerate(
                zip(self.names, self.colors, self.values, strict=True)
            )
        ]
        return values

    @classmethod
    def from_dict(cls, values: Any, source: object) -> LabelSet:
        """
        Read plain values, as in a label-set file.

        :param values: what a YAML or JSON parser returned
        :param source: what to name in the error, such as the file
        :raises LabelSetError: if a key is missing or of the wrong kind
        """
        try:
            return cls(
                name=_read_name(values['name']),
                names=tuple(_read_name(entry['name']) for entry in values['classes']),
                colors=tuple(_read_color(entry['color']) for entry in values['classes']),
                unlabeled_values=tuple(
                    _read_integer(value) for value in values.get('unlabeled_values', [UNLABELED])
                ),
                unlabeled_colors=tuple(
                    _read_color(color) for color in values.get('unlabeled_colors', [[*BLACK]])
                ),
                values=tuple(
                    _read_integer(entry.get('value', class_id))
                    for class_id, entry in enumerate(values['classes'])
                ),
            )
        except LabelSetError as error:
            raise LabelSetError(f'{source}: {error}') from error
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise LabelSetError(
                f'{source}: expected a label set with name, classes (each with name and color)'
                f' and unlabeled_values, could not read {error}; compare with camvid.yaml'
            ) from error


def _read_name(value: Any) -> str:
    """Refuse what YAML makes of words such as no, on and null."""
    if not isinstance(value, str) or not value:
        raise LabelSetError(f'expected a name, found {value!r}; put it in quotes')
    return value


def _read_integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise LabelSetError(f'expected an integer, found {value!r}')
    return value


def _read_color(value: Any) -> Color:
    if not isinstance(value, list) or len(value) != 3:
        raise LabelSetError(f'expected a color [red, green, blue], found {value!r}')
    return _read_integer(value[0]), _read_integer(value[1]), _read_integer(value[2])


def load_label_set(name_or_path: str | Path) -> LabelSet:
    """
    Load a packaged label set by name, or any by path.

    :param name_or_path: such as ``camvid``, or the path of a YAML file
    :raises LabelSetError: if it is not a label set
    :raises FileNotFoundError: if there is no such file
    """
    packaged = files('segnet_ros') / 'label_sets'
    path = Path(name_or_path)
    entry = path if path.suffix else packaged / f'{name_or_path}.yaml'
    if not entry.is_file():
        known = sorted(
            Path(item.name).stem for item in packaged.iterdir() if item.name.endswith('.yaml')
        )
        raise FileNotFoundError(
            f"no label set '{name_or_path}': expected the path of a YAML file or one of {known}"
        )
    try:
        values = yaml.safe_load(entry.read_text(encoding='utf-8'))
    except yaml.YAMLError as error:
        text = ' '.join(str(error).split())
        raise LabelSetError(f'{entry}: expected a YAML file, found {text}') from error
    return LabelSet.from_dict(values, entry)
