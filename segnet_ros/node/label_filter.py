"""Which pixels of a label image are kept; the others become unlabeled."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import UNLABELED


class LabelFilter:
    """
    Keep some classes, and pixels of enough confidence.

    Both are lookups, by class id and by confidence. Unlabeled is the highest value, so the higher
    one of the two is the class id where both keep the pixel, and unlabeled elsewhere.
    """

    def __init__(self, class_ids: Collection[int], min_confidence: float = 0.0) -> None:
        """
        Make the tables.

        :param class_ids: those to keep, 0 to 254
        :param min_confidence: lowest softmax to keep, 0 to 1; rounded as confidences are, so that
            no pixel which has it is lost
        """
        self._by_class_id = np.full(256, UNLABELED, np.uint8)
        self._by_class_id[list(class_ids)] = list(class_ids)
        self._by_confidence = np.zeros(256, np.uint8)
        self._by_confidence[: round(min_confidence * 255)] = UNLABELED

    def apply(
        self, label: NDArray[np.uint8], confidence: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """
        Filter a label image.

        :param label: class ids and 255, uint8 (H, W); is not changed
        :param confidence: round(255 * highest softmax), uint8 (H, W); None to filter by
            class alone
        :return: class ids and 255, uint8 (H, W)
        """
        kept = np.take(self._by_class_id, label)
        if confidence is not None:
            np.maximum(kept, np.take(self._by_confidence, confidence), out=kept)
        return kept


def find_class_ids(names: Collection[str], label_set: LabelSet) -> tuple[int, ...]:
    """
    Find classes by name.

    :param names: in any order; none stands for all classes
    :return: class ids, ascending
    :raises ValueError: if there is no class of that name; lists those that there are
    """
    unknown = sorted(set(names) - set(label_set.names))
    if unknown:
        raise ValueError(
            f"expected classes of label set '{label_set.name}' ({', '.join(label_set.names)}),"
            f' found {", ".join(map(repr, unknown))}; correct the name'
        )
    return tuple(
        class_id for class_id, name in enumerate(label_set.names) if not names or name in names
    )
