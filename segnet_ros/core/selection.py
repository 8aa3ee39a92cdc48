"""Which pixels keep their label; the others become unlabeled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from segnet_ros.core.labels import LabelSet


@dataclass(frozen=True)
class Selection:
    """Some classes, and pixels of enough confidence; all by default."""

    class_ids: tuple[int, ...] | None = None
    """Those to keep; None for all."""
    min_confidence: float = 0.0
    """Lowest softmax to keep, 0 to 1."""

    @property
    def least(self) -> int:
        """Lowest confidence to keep, 0 to 255; rounded as these are, to lose none that has it."""
        return round(self.min_confidence * 255)


ALL = Selection()
"""Every pixel keeps its label."""


def find_class_ids(names: Collection[str], label_set: LabelSet) -> tuple[int, ...]:
    """
    Find classes by name.

    :param names: in any order
    :return: class ids, ascending
    :raises ValueError: if there is no class of that name; lists those that there are
    """
    unknown = sorted(set(names) - set(label_set.names))
    if unknown:
        raise ValueError(
            f"expected classes of label set '{label_set.name}' ({', '.join(label_set.names)}),"
            f' found {", ".join(map(repr, unknown))}; correct the name'
        )
    return tuple(class_id for class_id, name in enumerate(label_set.names) if name in names)
