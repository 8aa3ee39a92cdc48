"""Several processes that train one network, over real gloo, against one process."""

import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys

import pytest
from segnet_ros.training.run.run import _check_batch
from segnet_ros.training.step.distributed import World
from segnet_ros.training.train import main
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
import torch
from training_runs import wait_for_steps
from training_runs import write_pair

OPTIONS = (
    *('--size', '48x64', '--widths', '4', '4', '4', '4', '4', '--workers', '0'),
    *('--device', 'cpu', '--precision', 'fp32', '--batch-size', '4', '--freeze-batch-norm'),
    *('--epochs', '10', '--validate-every', '5'),
)


def make_command(data: Path, output: Path, count: int, *more: str) -> list[str]:
    return [
        *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
        *('--nproc-per-node', str(count), '-m', 'segnet_ros.training.train'),
        *('--data', str(data), '--output', str(output), *OPTIONS, *more),
    ]


def train_in_processes(data: Path, output: Path, count: int, *more: str) -> None:
    command = make_command(data, output, count, *more)
    result = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr


def read_losses(output: Path) -> list[float]:
    events = EventAccumulator(str(output))
    events.Reload()
    return [event.value for event in events.Scalars('loss')]


def read_metrics(output: Path) -> list[str]:
    """Read the last row of the table, from its metrics on."""
    return (output / 'history.csv').read_text().splitlines()[-1].split(',')[5:]


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    """Write images of which very different shares are labeled, and three to validate on."""
    root = tmp_path_factory.mktemp('uneven')
    for split, seeds in (('train', range(8)), ('val', range(8, 11))):
        for seed in seeds:
            paths = (root / split / f'{seed}.png', root / f'{split}annot' / f'{seed}.png')
            write_pair(*paths, seed, unlabeled=5 * (seed % 8))
    return root


@pytest.fixture(scope='module')
def alone(data, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp('alone')
    assert main(['--data', str(data), '--output', str(output), *OPTIONS]) == 0
    return output


def test_two_processes_follow_one_with_the_same_batch(alone, data, tmp_path):
    train_in_processes(data, tmp_path / 'two', 2)
    one, two = read_losses(alone), read_losses(tmp_path / 'two')
    assert len(one) == len(two) == 20
    assert two == pytest.approx(one, rel=1e-4)
    assert len(set(one)) > 15  # it does move


def test_two_processes_measure_exactly_what_one_does(alone, data, tmp_path):
    shutil.copytree(alone, tmp_path / 'two')
    (tmp_path / 'two' / 'history.csv').unlink()
    train_in_processes(data, tmp_path / 'two', 2, '--resume')  # at its end: it measures only
    assert read_metrics(tmp_path / 'two') == read_metrics(alone)


def test_a_signal_to_one_process_saves_once_and_ends_all(data, tmp_path):
    command = make_command(data, tmp_path, 2, '--epochs', '5000')
    process = subprocess.Popen(
        command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for_steps(process)
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    os.kill(int(children[-1]), signal.SIGTERM)
    output, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert 'Traceback' not in error
    assert output.count('stopped and saved') == 1
    assert (tmp_path / 'state.pt').is_file()


def test_a_batch_that_processes_cannot_share_is_refused():
    with pytest.raises(ValueError, match='expected a --batch-size that 3 processes can share'):
        _check_batch(4, 8, 3)


def test_each_thing_is_the_share_of_one_rank():
    shares = [list(World(rank=rank, size=3).share(8)) for rank in range(3)]
    assert sorted(index for share in shares for index in share) == list(range(8))


def test_a_process_alone_needs_no_other():
    world = World()
    assert world.gather('x') == ['x']
    assert torch.equal(world.sum(torch.tensor([1, 2])), torch.tensor([1, 2]))
    assert world.take_from_first(2.5, torch.device('cpu')) == 2.5
    assert world.any(True, torch.device('cpu'))
