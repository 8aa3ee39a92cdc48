"""The same training for each network: runs that may be interrupted, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
import csv
import fcntl
import json
from pathlib import Path
import signal
from statistics import fmean
import subprocess
import sys
from typing import Any
from typing import TextIO

from paper_figures import MEASURES
from paper_run import Run
from paper_run import SPLITS
from segnet_ros.core.registry import MODULES
from segnet_ros.core.weight_files import write_atomically

PROGRAM = Path(__file__).with_name('paper_run.py')


def finish_apart(run: Run, lock: TextIO) -> str:
    """
    Do a run, or what is left of it, in a process of its own.

    What interrupts this process comes to that one as SIGTERM, at which a training saves itself.

    :param lock: held by that process, too
    :return: what went wrong, if anything
    """
    if run.is_complete:
        return ''
    command = [sys.executable, str(PROGRAM), run.to_text()]
    process = subprocess.Popen(command, pass_fds=[lock.fileno()], start_new_session=True)
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return '' if run.is_complete else f'ended with code {code} before it was complete'


@contextmanager
def ending_at_sigterm() -> Iterator[None]:
    """Let SIGTERM end this process in order, with code 0, as it does a training."""
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def claim(output: Path, data: Path, arguments: Sequence[str]) -> Iterator[TextIO]:
    """
    Keep a folder for one comparison, as long as it or a process that it started is at work.

    :param arguments: of segnet_train, for all runs
    :raises ValueError: if another is at work in the folder, or was with other data or arguments
    """
    output.mkdir(parents=True, exist_ok=True)
    with open(output / 'lock', 'w', encoding='utf-8') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f'{output}: expected no other comparison at work, found one; wait for it, or end'
                ' it'
            ) from error
        _check_settings(output, {'data': data.resolve().name, 'arguments': list(arguments)})
        yield lock


def _check_settings(output: Path, settings: dict[str, Any]) -> None:
    """Refuse to mix runs that differ in more than network and seed."""
    path = output / 'settings.json'
    if not path.exists():
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=2) + '\n', encoding='utf-8')
    found = json.loads(path.read_text(encoding='utf-8'))
    if found != settings:
        raise ValueError(
            f'{output}: expected a comparison with {settings}, found one with {found}; use the'
            ' same options to continue it, or another --output'
        )


def list_runs(output: Path) -> Iterator[Run]:
    """List what has been trained completely and measured, in the order of the registry."""
    for network in MODULES:
        folders = (output / network).glob('seed_*')
        by_seed = {int(folder.name.removeprefix('seed_')): folder for folder in folders}
        for seed, folder in sorted(by_seed.items()):
            run = Run(network, seed, folder, Path(), '', ())
            if run.is_complete:
                yield run


def collect(output: Path) -> dict[str, dict[str, Any]]:
    """
    Collect what was measured so far.

    :return: by network: ``runs`` by seed, each with the measures of each split in percent, and
        seconds of training; and ``mean``, ``min`` and ``max`` over these
    """
    runs: dict[str, dict[str, Any]] = {}
    for run in list_runs(output):
        runs.setdefault(run.network, {})[str(run.seed)] = _read_run(run)
    return {network: {'runs': by_seed} | _summarize(by_seed) for network, by_seed in runs.items()}


def _read_run(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {'seconds': _read_seconds(run.folder)}
    for split in SPLITS:
        metrics = json.loads(run.locate(split).read_text(encoding='utf-8'))
        found[split] = {measure: 100 * metrics[measure] for measure in MEASURES}
    return found


def _read_seconds(folder: Path) -> float:
    """Read how long the run took, without its last validation."""
    with open(folder / 'history.csv', newline='', encoding='utf-8') as file:
        *_, last = csv.DictReader(file)
    return round(60 * float(last['minutes']), 1)


def _summarize(by_seed: dict[str, Any]) -> dict[str, Any]:
    runs = list(by_seed.values())
    ways: dict[str, Callable[[list[float]], float]] = {'mean': fmean, 'min': min, 'max': max}
    return {
        name: {
            'seconds': way([run['seconds'] for run in runs]),
            **{
                split: {key: way([run[split][key] for run in runs]) for key in MEASURES}
                for split in SPLITS
            },
        }
        for name, way in ways.items()
    }
