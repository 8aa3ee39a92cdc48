"""A run that is interrupted, killed, made longer, or mixed up with another."""

import os
from pathlib import Path
import re
import shutil
import signal

import pytest
from segnet_ros.core.checkpoint import load_checkpoint
import torch
from training_runs import assert_same_weights
from training_runs import read_table
from training_runs import start
from training_runs import train
from training_runs import wait_for_steps
import yaml

EPOCHS = '12'
"""Enough for a signal to come long before the end."""


@pytest.mark.parametrize('optimizer', ['adamw', 'sgd'])
def test_an_interrupted_run_continues_exactly(data, tmp_path, optimizer):
    options = ('--epochs', EPOCHS, '--optimizer', optimizer, '--precision', 'fp32')
    assert train(data, tmp_path / 'whole', *options) == 0

    process = start(data, tmp_path / 'parts', *options)
    wait_for_steps(process)
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert 'Traceback' not in rest
    left = torch.load(tmp_path / 'parts' / 'state.pt', weights_only=True)['position']
    assert left['epoch'] < int(EPOCHS)
    assert train(data, tmp_path / 'parts', *options, '--resume') == 0

    assert_same_weights(tmp_path / 'whole', tmp_path / 'parts')


def test_a_killed_run_continues_exactly(data, tmp_path):
    options = ('--epochs', EPOCHS, '--precision', 'fp32', '--save-minutes', '1e-9')
    assert train(data, tmp_path / 'whole', *options) == 0

    more: tuple[str, ...] = ()
    for count in (3, 5):  # the bar shows some of the steps only, so at any moment
        process = start(data, tmp_path / 'parts', *options, *more)
        wait_for_steps(process, count)
        process.kill()
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        more = ('--resume',)
    assert train(data, tmp_path / 'parts', *options, '--resume') == 0

    assert_same_weights(tmp_path / 'whole', tmp_path / 'parts')
    tables = [read_table(tmp_path / name) for name in ('whole', 'parts')]
    assert len(tables[0]) == int(EPOCHS)
    assert tables[0] == tables[1]


def test_a_finished_run_can_be_made_longer(data, tmp_path):
    assert train(data, tmp_path, '--epochs', '1') == 0
    assert train(data, tmp_path, '--epochs', '3', '--resume') == 0
    assert load_checkpoint(tmp_path / 'checkpoint.safetensors').provenance['epochs'] == 3


def test_a_resumed_run_keeps_its_length(data, tmp_path):
    assert train(data, tmp_path, '--epochs', '2') == 0
    assert train(data, tmp_path, '--resume') == 0
    assert load_checkpoint(tmp_path / 'checkpoint.safetensors').provenance['epochs'] == 2


def test_a_run_is_not_resumed_with_other_classes(data, tmp_path, capsys):
    names = [f'class{number}' for number in range(11)]
    path = tmp_path / 'classes.yaml'
    for order in (names, names[::-1]):
        classes = [{'name': name, 'color': [int(name[5:]), 0, 0]} for name in order]
        path.write_text(
            yaml.safe_dump({'name': 'mine', 'unlabeled_values': [11, 255], 'classes': classes})
        )
        more = ('--resume',) if order != names else ()
        code = train(data, tmp_path / 'run', '--epochs', '1', '--label-set', str(path), *more)
        assert code == len(more)
    assert 'found classes' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ((), 'there is already a run to resume; use --resume'),
        (
            ('--resume', '--seed', '7'),
            r'expected a run with the same options, found seed 0 there, 7',
        ),
    ],
)
def test_runs_are_not_mixed(trained, data, options, message, capsys):
    assert train(data, trained, '--epochs', '2', '--scenes', '2', *options) == 1
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert 'Traceback' not in error


def test_a_run_is_not_resumed_on_other_images(data, tmp_path, capsys):
    copy = tmp_path / data.name
    shutil.copytree(data, copy)
    assert train(copy, tmp_path / 'run', '--epochs', '1') == 0
    for folder in ('train', 'trainannot'):
        (copy / folder / '0.png').unlink()
    assert train(copy, tmp_path / 'run', '--epochs', '2', '--resume') == 1
    assert 'found images' in capsys.readouterr().err


def test_a_foreign_state_is_refused(data, tmp_path, capsys):
    torch.save({'something': 1}, tmp_path / 'state.pt')
    assert train(data, tmp_path, '--epochs', '1', '--resume') == 1
    assert 'expected the state of a run' in capsys.readouterr().err


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_of_a_run_loses_nothing(data, tmp_path, number):
    process = start(data, tmp_path, '--epochs', '200', '--workers', '1', session=True)
    wait_for_steps(process)
    os.killpg(process.pid, number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 0}[number], rest
    assert 'Traceback' not in rest
    assert (tmp_path / 'state.pt').is_file()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_loading_processes_first_loses_nothing(data, tmp_path, number):
    process = start(data, tmp_path, '--epochs', '200', '--workers', '2')
    wait_for_steps(process)
    for worker in list_children(process.pid):
        os.kill(worker, number)
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 0}[number], rest
    assert 'Traceback' not in rest
    assert train(data, tmp_path, '--epochs', '1', '--workers', '2', '--resume') == 0


def list_children(pid: int) -> list[int]:
    children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    assert children
    return [int(child) for child in children]
