"""Run segnet_bag in processes of its own, that end themselves at a chosen moment."""

from __future__ import annotations

from collections.abc import Callable
import importlib
from itertools import count
import multiprocessing
import os
from pathlib import Path
import resource
import signal
import sys
from typing import Any
from typing import NamedTuple

PROCESSES = multiprocessing.get_context('forkserver')  # which imports PyTorch once for all
PROCESSES.set_forkserver_preload(['segnet_ros.bag.bag', 'torch._dynamo'])


class Ended(NamedTuple):
    """What became of a process."""

    code: int | None
    """Exit code, or the signal as a negative number."""
    stderr: str


def run_until(moment: str, number: int, ending: str, arguments: list[str], log: Path) -> Ended:
    """
    Run segnet_bag up to a moment.

    :param moment: a function, as module, colon and name
    :param number: of its call before which the signal comes, from 1 up
    :param ending: name of the signal
    :param log: where stderr goes
    """
    return _run(_end_before, (moment, number, ending), arguments, log)


def run_with_small_disk(most_bytes: int, arguments: list[str], log: Path) -> Ended:
    """
    Run segnet_bag where files cannot become larger than some bytes.

    :param log: where stderr goes
    """
    return _run(_limit_files, (most_bytes,), arguments, log)


def _run(prepare: Callable[..., None], values: Any, arguments: list[str], log: Path) -> Ended:
    process = PROCESSES.Process(target=_label, args=(prepare, values, arguments, log))
    process.start()
    process.join(120)
    return Ended(process.exitcode, log.read_text())


def _label(prepare: Callable[..., None], values: Any, arguments: list[str], log: Path) -> None:
    with open(log, 'w') as file:
        sys.stderr = file
        prepare(*values)
        from segnet_ros.bag.bag import main

        code = main(arguments)
    sys.exit(code)


def _end_before(moment: str, number: int, ending: str) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it in the background
    module, _, path = moment.partition(':')
    *owners, name = path.split('.')
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    original = getattr(owner, name)
    calls = count(1)

    def call(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == number:
            os.kill(os.getpid(), signal.Signals[ending])
        return original(*args, **kwargs)

    setattr(owner, name, call)


def _limit_files(most_bytes: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
