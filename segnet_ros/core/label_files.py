"""From what label files store, values or colors, to class ids."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import LabelSetError
from segnet_ros.core.labels import UNLABELED

SHOWN = 5
"""How many of the unknown values or colors an error lists."""


class UnknownLabelError(LabelSetError):
    """
    Raised when a label file has values or colors that its label set does not know.

    :ivar found: these values, or these colors as RGB, the first few
    """

    def __init__(self, source: object, expected: str, found: list[Any]) -> None:
        more = f' and {len(found) - SHOWN} more' if len(found) > SHOWN else ''
        self.found = f'{found[:SHOWN]}{more}'
        super().__init__(
            f'{source}: expected {expected}, found {self.found}; correct the file or the label set'
        )


class LabelDecoder:
    """Maps the pixels of label files to class ids by tables, made once per label set."""

    def __init__(self, label_set: LabelSet) -> None:
        """
        Make the tables.

        :param label_set: which values and colors there are
        """
        self._label_set = label_set
        self._id_by_value = np.full(256, -1, np.int16)
        self._id_by_value[list(label_set.unlabeled_values)] = UNLABELED
        self._id_by_value[list(label_set.values)] = range(label_set.num_classes)
        # A class is entered last: black means unlabeled only where no class is black.
        by_color = dict.fromkeys(label_set.unlabeled_colors, UNLABELED)
        by_color |= {color: class_id for class_id, color in enumerate(label_set.colors)}
        packed = _pack(np.array(list(by_color), np.uint8))
        order = np.argsort(packed)
        self._packed_colors = packed[order]
        self._color_ids = np.array(list(by_color.values()), np.uint8)[order]

    def decode(self, label: NDArray[np.uint8], source: object) -> NDArray[np.uint8]:
        """
        Map a label image as stored to class ids.

        :param label: values, uint8 (H, W), or colors, RGB, uint8 (H, W, 3)
        :param source: what to name in the error, such as the file
        :return: label image, uint8 (H, W), class ids and 255
        :raises UnknownLabelError: if a value or color is neither that of a class nor unlabeled
        """
        if label.ndim == 3:
            return self._decode_colors(label, source)
        return self._decode_values(label, source)

    def _decode_values(self, label: NDArray[np.uint8], source: object) -> NDArray[np.uint8]:
        ids = self._id_by_value.take(label)  # half the time of indexing
        if ids.min() < 0:
            label_set = self._label_set
            raise UnknownLabelError(
                source,
                f"{_describe_values(label_set)} of label set '{label_set.name}' or one of its"
                f' unlabeled_values {list(label_set.unlabeled_values)}',
                np.unique(label[ids < 0]).tolist(),
            )
        return ids.astype(np.uint8)

    def _decode_colors(self, label: NDArray[np.uint8], source: object) -> NDArray[np.uint8]:
        packed = _pack(label)
        place = np.searchsorted(self._packed_colors, packed)
        place[place == len(self._packed_colors)] = 0
        is_unknown = self._packed_colors.take(place) != packed
        if is_unknown.any():
            label_set = self._label_set
            unknown = np.unique(packed[is_unknown])
            raise UnknownLabelError(
                source,
                f"the colors of label set '{label_set.name}' or one of its unlabeled_colors"
                f' {[list(color) for color in label_set.unlabeled_colors]}',
                np.stack([unknown >> 16, unknown >> 8 & 255, unknown & 255], 1).tolist(),
            )
        return self._color_ids.take(place)


def _pack(color: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Put the three channels into one number."""
    wide = color.astype(np.int32)
    packed: NDArray[np.int32] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return packed


def _describe_values(label_set: LabelSet) -> str:
    values = list(label_set.values)
    first, last = values[0], values[-1]
    what = 'class ids' if first == 0 else 'values'
    if values == list(range(first, last + 1)):
        return f'{what} {first} to {last}'
    return f'values {values}'
