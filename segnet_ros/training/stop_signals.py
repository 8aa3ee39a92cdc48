"""SIGINT and SIGTERM during a run, in a way that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """
    Note the signals, so that a batch can be finished and the state saved; a context manager.

    :ivar received: whether one has come
    """

    def __init__(self) -> None:
        self.received = False
        self._raises = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        """Begin to listen."""
        self._previous = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the signals to whom they belonged before."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """
        Let a signal end what is done within at once, as everything is saved.

        :raises KeyboardInterrupt: at a signal, or if one has come before
        """
        self._raises = True
        try:
            if self.received:
                raise KeyboardInterrupt
            yield
        finally:
            self._raises = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        if self._raises:
            raise KeyboardInterrupt
