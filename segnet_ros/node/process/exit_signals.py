"""SIGINT and SIGTERM as a flag, a call and a deadline."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import os
import signal
import sys
import threading
import time
from typing import NoReturn

DEADLINE_S = 1.3
"""From the signal to the end of the process, whatever the main thread does."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ExitSignals:
    """
    Take over SIGINT and SIGTERM for the rest of the process; one per process.

    Why not rclpy's handlers: they exist only from ``rclpy.init`` on, they can end nothing but an
    executor, and in front of them Python raises KeyboardInterrupt at any line. Here the handler
    in C only writes a byte into a pipe, whichever thread the signal hits, and a thread that does
    nothing else reads it. So a main thread that is importing, loading or waiting in ROS is as
    easy to end as an idle one, and a second Ctrl-C changes nothing.

    :ivar requested: set once the process was asked to end
    """

    def __init__(self) -> None:
        """Start listening; call in the main thread, before anything slow."""
        self.requested = threading.Event()
        self._action: Callable[[], None] = _do_nothing
        self._read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _ignore)
        threading.Thread(target=self._watch, name='exit_signals', daemon=True).start()

    def on_request(self, action: Callable[[], None]) -> None:
        """
        Set what to call when the process is asked to end.

        If it was asked already, nothing is called: check ``requested`` afterwards.

        :param action: returns at once; called from another thread
        """
        self._action = action

    def _watch(self) -> None:
        while os.read(self._read_end, 1)[0] not in SIGNALS:
            pass  # another signal that has a handler in Python
        self.requested.set()
        with contextlib.suppress(Exception):  # what it acts on may be gone already
            self._action()
        time.sleep(DEADLINE_S)
        leave(0)


def leave(code: int) -> NoReturn:
    """
    End the process now, threads that cannot be interrupted included.

    :param code: exit code
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _do_nothing() -> None:
    pass


def _ignore(number: int, frame: object) -> None:
    pass
