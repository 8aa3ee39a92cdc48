"""Watch a node and what feeds it while their audience hears them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
import signal
import time
from typing import Any

from segnet_ros.node.trial.audience import Audience
from segnet_ros.node.trial.errors import TrialError
from segnet_ros.node.trial.last_words import find_last_words
from segnet_ros.node.trial.last_words import read_log
from segnet_ros.node.trial.processes import Process
from segnet_ros.node.trial.processes import StopRequest

START_S = 300.0
"""How long programs may take until the first result."""
SILENCE_S = 30.0
"""How long there may be no result after the first."""
ARRIVAL_S = 3.0
"""How long the last results may take from the node to the audience."""


class Observation:
    """
    Let an audience hear what happens, and notice when nothing does any more.

    :ivar audience: as given
    """

    def __init__(
        self,
        audience: Audience[Any],
        processes: Mapping[str, Process],
        log_path: Path,
        stop: StopRequest,
        *,
        remedy: str,
        silence_s: float = SILENCE_S,
    ) -> None:
        """
        Begin to wait for the first result.

        :param processes: by name; the first is the node, which must not end; the others may, once
            they are done
        :param log_path: what they write to
        :param stop: looked at all the time
        :param remedy: what to do where there is no result
        :param silence_s: how long there may be no result after the first
        """
        self.audience = audience
        self._processes = processes
        self._log_path = log_path
        self._stop = stop
        self._remedy = remedy
        self._silence_s = silence_s
        self._count = audience.count
        self._deadline = 0.0
        self.allow(START_S)

    def allow(self, seconds: float) -> None:
        """Begin anew to wait for a result, for so long."""
        self._allowed_s = seconds
        self._deadline = time.monotonic() + seconds

    def begin(self) -> None:
        """Wait for results as after one; when the programs run, but there was none yet."""
        self.allow(self._silence_s)

    def spin_while(self, condition: Callable[[], bool]) -> None:
        """
        Hear what happens as long as a condition holds.

        :raises TrialError: if a process fails, or there is no result for too long
        :raises StoppedError: after a signal
        """
        while condition():
            self.spin_once()

    def spin_once(self, timeout_s: float = 0.1) -> None:
        """
        Handle one message, or wait for one for a moment.

        :raises TrialError: if a process fails, or there is no result for too long
        :raises StoppedError: after a signal
        """
        self.audience.spin_once(timeout_s)
        self._stop.check()
        self._check_processes()
        self._check_results()

    def settle(self) -> None:
        """
        Wait until the node has dealt with every image, and what it made of them is here.

        :raises TrialError: if a process fails, or the node does not get done
        :raises StoppedError: after a signal
        """
        audience = self.audience
        audience.forget_status()
        self.allow(START_S)
        self.spin_while(lambda: not audience.is_idle)
        # Not for ever: a publisher that keeps the last image only may have replaced one.
        end = time.monotonic() + ARRIVAL_S
        self.spin_while(lambda: not audience.is_complete and time.monotonic() < end)

    def describe_end(self) -> str:
        """Tell what the processes wrote last, in one line."""
        return find_last_words(read_log(self._log_path))

    def _check_processes(self) -> None:
        for number, (name, process) in enumerate(self._processes.items()):
            code = process.poll()
            if code is not None and (code or number == 0):
                found = signal.Signals(-code).name if code < 0 else f'exit code {code}'
                raise TrialError(
                    f'expected {name} to go on, it ended with {found}: {self.describe_end()}'
                )

    def _check_results(self) -> None:
        if self.audience.count != self._count:
            self._count = self.audience.count
            self.allow(self._silence_s)
        elif time.monotonic() > self._deadline:
            raise TrialError(
                f'expected a label image of segnet_node within {self._allowed_s:g} s, got none'
                f' after {self._count}; {self._remedy} (last words: {self.describe_end()})'
            )
