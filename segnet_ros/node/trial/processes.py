"""Programs of this package as processes that end whatever happens, and signals as a flag."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
import json
import signal
import subprocess
import sys
from typing import IO

from segnet_ros.node.trial.errors import StoppedError
from segnet_ros.node.trial.errors import TrialError

Process = subprocess.Popen[bytes]

ATTACHED = 'segnet_ros.node.trial.attached'
STOP_S = 5.0
"""How long a process may take to end."""


class StopRequest:
    """
    SIGINT and SIGTERM as a flag, so that none comes between a process and who ends it.

    They are taken over even where a shell has left SIGINT ignored, as the node does.

    :ivar number: of the first signal, 0 before
    """

    def __init__(self) -> None:
        self.number = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def check(self) -> None:
        """Raise StoppedError if a signal has come."""
        if self.number:
            raise StoppedError

    def _note(self, number: int, frame: object) -> None:
        self.number = self.number or number


@contextmanager
def start(module: str, arguments: list[str], log: IO[str]) -> Iterator[Process]:
    """
    Start a program of this package, and make sure that it ends, even where this process is killed.

    :param arguments: for ROS
    :param log: takes what it writes
    """
    command = [sys.executable, '-m', ATTACHED, module, '--ros-args', *arguments]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def make_parameter_arguments(values: Mapping[str, object]) -> list[str]:
    """
    Make the arguments that give parameters to a node.

    :param values: by name of the parameter
    :return: ``-p`` with name and value of each
    """
    # JSON is YAML, and keeps apart what is a string, a number or a bool.
    given = [f'{name}:={json.dumps(value, ensure_ascii=False)}' for name, value in values.items()]
    return [word for text in given for word in ('-p', text)]


def interrupt(node: Process) -> None:
    """
    End a node as Ctrl-C does.

    :raises TrialError: if it does not end cleanly, or not in time
    """
    node.send_signal(signal.SIGINT)
    try:
        code = node.wait(STOP_S)
    except subprocess.TimeoutExpired as error:
        raise TrialError(f'expected segnet_node to exit within {STOP_S:g} s') from error
    if code != 0:
        raise TrialError(f'expected segnet_node to exit with 0, got {code}')
