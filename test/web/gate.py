"""A predictor that computes when a test lets it."""

from __future__ import annotations

import threading
from typing import Any

from segnet_ros.core.predictor import Prediction
from segnet_ros.core.predictor import Predictor

PATIENCE_S = 60.0


class Gate:
    """A predictor that waits before it computes, or fails."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        self.failure: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)

    def predict(self, *args: Any) -> Prediction:
        """Compute when the gate is open."""
        self.entered.release()
        assert self.opened.wait(PATIENCE_S)
        if self.failure is not None:
            raise self.failure
        return self._predictor.predict(*args)
