"""SIGINT and SIGTERM during a run, in a way that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from types import FrameType
from typing import Any
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """
    Note the signals, so that a batch can be finished and the state saved; a context manager.

    :ivar received: the first that has come, or None
    """

    def __init__(self) -> None:
        self.received: int | None = None
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

        As :meth:`leave` does, at a signal, or if one has come before.
        """
        self._raises = True
        try:
            if self.received is not None:
                self.leave()
            yield
        finally:
            self._raises = False

    def leave(self) -> NoReturn:
        """
        End the command once everything is saved.

        :raises KeyboardInterrupt: after SIGINT
        :raises SystemExit: after SIGTERM, with code 0, because nothing is lost
        """
        if self.received == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(0)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received is None:
            self.received = number
        if self._raises:
            self.leave()
