"""The node with a stand-in for the network, that takes a fixed time: what is left is the node."""

from __future__ import annotations

from collections.abc import Sequence
import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.segnet_node import main


class DelayedPredictor:
    """Sleep, and answer with images that are there already, as a GPU would."""

    label_set = SimpleNamespace(name='stand-in', num_classes=11, names=('thing',) * 11)
    device = 'cpu'
    hardware_id = 'stand-in'
    precision = 'fp32'
    input_size = (360, 480)
    num_parameters = 0
    device_ms = None

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._answers: dict[tuple[str, tuple[int, ...]], NDArray[np.uint8]] = {}

    def warm_up(self) -> None:
        """Do nothing: there is nothing to warm up."""

    def measure_memory(self) -> dict[str, int]:
        """Have none."""
        return {}

    def find_batch(self, _: int) -> int:
        """Take images one by one."""
        return 1

    def predict_batch(
        self, images: Sequence[NDArray[np.uint8]], outputs: tuple[str, ...], **_: Any
    ) -> list[SimpleNamespace]:
        """Take the time; another answer for each output and size, made once."""
        time.sleep(self._delay_s)
        return [self._answer(image, outputs) for image in images]

    def _answer(self, image: NDArray[np.uint8], outputs: tuple[str, ...]) -> SimpleNamespace:
        answers = {}
        for name in outputs:
            shape = image.shape if name in ('color', 'overlay') else image.shape[:2]
            key = (name, shape)
            if key not in self._answers:
                self._answers[key] = np.zeros(shape, np.uint8)
            answers[name] = self._answers[key]
        return SimpleNamespace(**answers)


def load(*_: Any, **__: Any) -> DelayedPredictor:
    """Load nothing."""
    return DelayedPredictor(float(sys.argv[1]))


if __name__ == '__main__':
    main([sys.argv[0], *sys.argv[2:]], predictor_factory=load)
