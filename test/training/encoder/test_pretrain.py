"""The command segnet_pretrain, from photographs to an encoder that segnet_train takes."""

import dataclasses
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.encoder.encoder_file import load_encoder
from segnet_ros.training.encoder.encoder_file import save_encoder
from segnet_ros.training.pretrain import main
from segnet_ros.training.train import main as train_main
import torch
from training_runs import wait_for_steps

WIDTHS = ['--widths', '4', '8', '8', '8', '8']
SMALL = [*WIDTHS, '--size', '32x32', '--batch-size', '8', '--workers', '0', '--device', 'cpu']
COLORS = {'blue': (200, 40, 40), 'green': (40, 200, 40), 'red': (40, 40, 200)}


@pytest.fixture(scope='module')
def photographs(tmp_path_factory) -> Path:
    """Twelve noisy photographs of each of three colors."""
    root = tmp_path_factory.mktemp('photographs')
    noise = np.random.default_rng(0)
    for name, color in COLORS.items():
        (root / name).mkdir()
        for index in range(12):
            size = (36 + index, 50 - index, 3)
            pixels = np.clip(noise.normal(color, 40, size), 0, 255).astype(np.uint8)
            assert cv2.imwrite(str(root / name / f'{index}.jpg'), pixels)
    return root


def pretrain(data: Path, output: Path, *more: str) -> int:
    return main(['--data', str(data), '--output', str(output), *SMALL, *more])


def start(data: Path, output: Path, *more: str) -> 'subprocess.Popen[str]':
    command = [sys.executable, '-m', 'segnet_ros.training.pretrain', '--data', str(data)]
    command += ['--output', str(output), *SMALL, *more]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ, start_new_session=True
    )


@pytest.fixture(scope='module')
def pretrained(photographs, tmp_path_factory) -> Path:
    """Output of a run that has learned the colors."""
    output = tmp_path_factory.mktemp('pretrained')
    options = ('--epochs', '30', '--val-share', '0.25', '--validate-every', '30')
    assert pretrain(photographs, output, *options) == 0
    return output


def test_colors_are_learned_and_the_file_tells_how(pretrained, photographs):
    encoder = load_encoder(pretrained / 'encoder.safetensors')
    provenance = encoder.provenance
    assert encoder.config.widths == (4, 8, 8, 8, 8)
    assert provenance['metrics']['accuracy'] >= 8 / 9
    assert provenance['epochs'] == 30
    assert provenance['recipe']['classes'] == 3
    assert provenance['recipe']['data'] == photographs.name
    assert provenance['recipe']['size'] == [32, 32]
    assert list(pretrained.glob('events.out.tfevents.*'))


def test_segnet_train_takes_the_encoder_with_its_normalization(pretrained, data, tmp_path):
    normalization = Normalization((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    encoder = load_encoder(pretrained / 'encoder.safetensors')
    path = tmp_path / 'other.safetensors'
    save_encoder(path, dataclasses.replace(encoder, normalization=normalization))
    options = ['--data', str(data), '--output', str(tmp_path / 'run'), '--encoder', str(path)]
    options += [*SMALL, '--batch-size', '2', '--learning-rate', '1e-12', '--weight-decay', '0']
    assert train_main([*options, '--epochs', '1']) == 0
    checkpoint = load_checkpoint(tmp_path / 'run' / 'checkpoint.safetensors')
    assert checkpoint.normalization == normalization
    assert checkpoint.provenance['recipe']['encoder'] == 'other.safetensors'
    assert checkpoint.provenance['recipe']['initial'] == encoder.provenance
    for name, tensor in encoder.weights.items():
        if name.endswith(('weight', 'bias')):
            torch.testing.assert_close(
                checkpoint.weights[f'encoder.{name}'], tensor, atol=1e-3, rtol=1e-3
            )

    path.unlink()  # resumed, the run has all that it needs
    assert train_main([*options, '--epochs', '2', '--resume']) == 0
    checkpoint = load_checkpoint(tmp_path / 'run' / 'checkpoint.safetensors')
    assert checkpoint.normalization == normalization
    assert checkpoint.provenance['recipe']['initial'] == encoder.provenance


def test_a_run_interrupted_by_ctrl_c_continues_exactly(photographs, tmp_path):
    options = ('--epochs', '6', '--precision', 'fp32', '--validate-every', '4')
    assert pretrain(photographs, tmp_path / 'whole', *options) == 0

    process = start(photographs, tmp_path / 'parts', *options, '--workers', '1')
    wait_for_steps(process)
    os.killpg(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == 130, rest
    assert 'Traceback' not in rest
    left = torch.load(tmp_path / 'parts' / 'state.pt', weights_only=True)['position']
    assert left['epoch'] < 6
    assert pretrain(photographs, tmp_path / 'parts', *options, '--resume') == 0

    whole, parts = (
        load_file(tmp_path / name / 'encoder.safetensors') for name in ('whole', 'parts')
    )
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_measuring_changes_nothing(photographs, tmp_path):
    for every in ('1', '3'):
        options = ('--epochs', '3', '--precision', 'fp32', '--validate-every', every)
        assert pretrain(photographs, tmp_path / every, *options) == 0
    often, once = (load_file(tmp_path / every / 'encoder.safetensors') for every in ('1', '3'))
    assert all(torch.equal(often[name], once[name]) for name in often)


def test_a_broken_photograph_ends_the_run_in_one_clear_line(photographs, tmp_path, capsys):
    copy = tmp_path / 'photographs'
    shutil.copytree(photographs, copy)
    for path in (copy / 'red').iterdir():
        path.write_bytes(b'')
    assert pretrain(copy, tmp_path / 'run', '--epochs', '1', '--workers', '1') == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r'segnet_pretrain: error: .*red/\d+\.jpg: expected a JPEG or PNG file', last)


def test_a_run_is_not_resumed_with_another_split(pretrained, photographs, capsys):
    options = ('--epochs', '31', '--val-share', '0.1', '--resume')
    assert pretrain(photographs, pretrained, *options) == 1
    assert 'found val_share 0.25 there, 0.1 here' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--data', 'nowhere'], 'nowhere: expected at least two folders'),
        (['--batch-size', '64'], 'expected at least one batch of 64, found 33'),
        (['--size', '16x64'], 'expected a --size of at least 32 x 32'),
        (['--resume'], 'there is no run to resume'),
    ],
)
def test_bad_input_ends_in_one_clear_line(photographs, tmp_path, options, message, capsys):
    assert pretrain(photographs, tmp_path, *options) == 1
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1]
    assert 'Traceback' not in error


def test_several_processes_are_refused(photographs, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('WORLD_SIZE', '2')
    assert pretrain(photographs, tmp_path / 'run') == 1
    assert 'expected one process, found 2' in capsys.readouterr().err
    assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize('share', ['0', '1', 'nan', 'half'])
def test_a_share_out_of_range_is_refused(photographs, tmp_path, share, capsys):
    with pytest.raises(SystemExit) as caught:
        pretrain(photographs, tmp_path, '--val-share', share)
    assert caught.value.code == 2
    assert '--val-share: expected' in capsys.readouterr().err
