"""The demo's processes: started, watched while they are recorded, and ended whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import IO
from typing import TYPE_CHECKING

from segnet_ros.node.demonstration.errors import DemoError
from segnet_ros.node.demonstration.errors import StoppedError

if TYPE_CHECKING:
    from segnet_ros.node.demonstration.recorder import Recorder

Process = subprocess.Popen[bytes]

START_S = 180.0
"""How long source and node may take until the first result."""
SILENCE_S = 30.0
"""How long there may be no result after the first."""
ARRIVAL_S = 3.0
"""How long the last results may take from the node to the recorder."""
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
    """Start a program of this package, and make sure that it ends."""
    command = [sys.executable, '-m', module, '--ros-args', *arguments]
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


@dataclass(frozen=True)
class Performance:
    """A node at work on the images of a source, and who records it."""

    recorder: Recorder
    node: Process
    source: Process
    log_path: Path
    stop: StopRequest

    def record(self) -> None:
        """
        Record until the source has ended and all that the node made of its images is here.

        :raises DemoError: if a process fails or nothing comes
        :raises StoppedError: after a signal
        """
        recorder = self.recorder
        self._record_while(lambda: self.source.poll() is None)
        recorder.forget_status()
        self._record_while(lambda: not recorder.is_idle)
        # Not for ever: a publisher that keeps the last image only may have replaced one.
        end = time.monotonic() + ARRIVAL_S
        self._record_while(lambda: not recorder.is_complete and time.monotonic() < end)

    def end_node(self) -> None:
        """Interrupt the node, which has to end cleanly."""
        self.node.send_signal(signal.SIGINT)
        try:
            code = self.node.wait(STOP_S)
        except subprocess.TimeoutExpired as error:
            raise DemoError(f'expected segnet_node to exit within {STOP_S} s') from error
        if code != 0:
            raise DemoError(f'expected segnet_node to exit with 0, got {code}')

    def _record_while(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        results = self.recorder.count
        while condition():
            self.recorder.spin_once()
            self.stop.check()
            if self.recorder.count != results:
                results = self.recorder.count
                deadline = time.monotonic() + SILENCE_S
            if self.node.poll() is not None or (self.source.poll() or 0) != 0:
                raise DemoError(f'a process ended too early:\n{read_log(self.log_path)[-2000:]}')
            if time.monotonic() > deadline:
                raise DemoError(
                    f'expected results of segnet_node, {results} came; its last words:\n'
                    f'{read_log(self.log_path)[-2000:]}'
                )


def read_log(path: Path) -> str:
    """Read what the processes have written, of which the user's part may be in any encoding."""
    return path.read_text(encoding='utf-8', errors='replace')


def read_published(path: Path) -> int:
    """
    Read from the log how many images the source says it published.

    :raises DemoError: if it says nothing
    """
    found = re.findall(r'published (\d+) images', read_log(path))
    if not found:
        raise DemoError(
            f"expected 'published N images' of segnet_image_source in '{path}', found no such line"
        )
    return int(found[-1])
