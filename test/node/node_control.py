"""Start, watch and end a node in its own process."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any

STAND_IN = (str(Path(__file__).with_name('node_process.py')),)
"""Arguments of Python for the node with a stand-in for the network."""
REAL = ('-m', 'segnet_ros.node.segnet_node')
"""Arguments of Python for the node as it is."""
PATIENCE_S = 30.0
"""Before a test gives up on a node; machines may be busy."""
GRACE_S = 5.0
"""Before a node that does not end is killed."""


def make_parameter_arguments(values: Mapping[str, object]) -> list[str]:
    """
    Make the arguments that give parameters to a node.

    :param values: by name of the parameter; what JSON does not know becomes text, such as a path
    :return: ``--ros-args``, and ``-p`` with name and value of each
    """
    # JSON is YAML, and keeps apart what is a string, a number or a bool.
    given = [f'{name}:={json.dumps(value, default=str)}' for name, value in values.items()]
    return ['--ros-args', *(word for text in given for word in ('-p', text))]


class NodeProcess:
    """
    A node as a process, by default with a stand-in for the network.

    :ivar lines: what it has written so far, standard output and error
    """

    def __init__(
        self,
        *args: str,
        program: Sequence[str] = STAND_IN,
        folder: Path | None = None,
        **environment: str,
    ) -> None:
        """
        Start it.

        :param args: of the program; those of ``node_process.py`` come before ``--ros-args``
        :param program: what Python runs
        :param folder: to run in; None for that of the test
        :param environment: what it has besides, or in place of, the test's
        """
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, *program, *args],
            cwd=folder,
            env={**os.environ, 'PYTHONUNBUFFERED': '1', **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """Everything written so far."""
        return '\n'.join(self.lines)

    @property
    def reports(self) -> list[dict[str, Any]]:
        """What the stand-in wrote about each image it was given."""
        return [json.loads(line) for line in list(self.lines) if line.startswith('{')]

    @property
    def resident_bytes(self) -> int:
        """Memory of the process that is in RAM."""
        pages = Path(f'/proc/{self._process.pid}/statm').read_text().split()[1]
        return int(pages) * os.sysconf('SC_PAGE_SIZE')

    def wait_for(self, text: str) -> str:
        """Wait for a line that contains the text and return it."""
        return self._wait(lambda: next((line for line in self.lines if text in line), ''), text)

    def wait_for_reports(self, number: int) -> None:
        """Wait until this many images were begun."""
        self._wait(lambda: len(self.reports) >= number, f'{number} images')

    def signal(self, *numbers: signal.Signals) -> None:
        """Send signals, one after the other."""
        for number in numbers:
            self._process.send_signal(number)

    def wait_for_exit(self) -> tuple[int, float]:
        """Wait for the end; return the exit code and how long that took, in seconds."""
        start = time.monotonic()
        code = self._process.wait(PATIENCE_S)
        duration_s = time.monotonic() - start
        self._reader.join(PATIENCE_S)
        return code, duration_s

    def end(self) -> None:
        """
        End the process if it still runs.

        At first in a way that it leaves the graph: the services of a node that was killed seem to
        be there for a while, and take requests.
        """
        self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def _wait(self, find: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            while not (found := find()):
                remaining_s = deadline - time.monotonic()
                if remaining_s < 0 or not self._reader.is_alive():
                    raise AssertionError(f'no {what!r} in:\n{self.output}')
                self._changed.wait(min(remaining_s, 0.5))
        return found

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line.rstrip('\n'))
                self._changed.notify_all()
