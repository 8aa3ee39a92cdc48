"""Label images that wait to be scored: in memory, and in a file once they are many."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

MEMORY_BYTES = 1 << 28
"""Label images up to so much in all stay in memory."""


class LabelSpool:
    """
    Keep label images by number, at the cost of a copy: nothing may take time while a node runs.

    :ivar numbers: of the label images so far, in the order in which they came
    """

    def __init__(self, file: IO[bytes]) -> None:
        """
        Begin with none.

        :param file: empty, to write to and to read from, such as one of
            ``tempfile.SpooledTemporaryFile(MEMORY_BYTES)``
        """
        self._file = file
        self._places: dict[int, tuple[int, tuple[int, ...]]] = {}

    @property
    def numbers(self) -> list[int]:
        return list(self._places)

    def __len__(self) -> int:
        """Count the label images."""
        return len(self._places)

    def __contains__(self, number: object) -> bool:
        """Tell whether there is one of this number."""
        return number in self._places

    def add(self, number: int, label: NDArray[np.uint8]) -> None:
        """
        Keep a label image; the first of a number counts.

        :param label: class ids, uint8 (H, W)
        :raises OSError: if there is no space for it
        """
        if number not in self._places:
            self._places[number] = self._file.seek(0, 2), label.shape
            self._file.write(label.tobytes())

    def read(self, number: int) -> NDArray[np.uint8]:
        """
        Read a label image.

        :return: class ids, uint8 (H, W)
        """
        place, (height, width) = self._places[number]
        self._file.seek(place)
        return np.frombuffer(self._file.read(height * width), np.uint8).reshape(height, width)
