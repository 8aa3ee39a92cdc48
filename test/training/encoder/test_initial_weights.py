"""The weights that a run starts from: a checkpoint, or an encoder."""

import dataclasses
import os
import subprocess
import sys

import pytest
from safetensors.torch import load_file
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.train import main
import torch
from training_runs import SMALL
from training_runs import train


def test_a_run_starts_from_other_weights_with_other_classes(trained, data, tmp_path):
    label_set = tmp_path / 'two.yaml'
    label_set.write_text(
        'name: two\nunlabeled_values: [3, 4, 5, 6, 7, 8, 9, 10, 11, 2]\n'
        'classes: [{name: a, color: [1, 2, 3]}, {name: b, color: [4, 5, 6]}]\n'
    )
    weights = trained / 'checkpoint.safetensors'
    options = (
        '--init',
        str(weights),
        '--label-set',
        str(label_set),
        '--epochs',
        '1',
        '--learning-rate',
        '1e-12',
        '--weight-decay',
        '0',
    )
    assert train(data, tmp_path / 'run', *options) == 0
    run = load_checkpoint(tmp_path / 'run' / 'checkpoint.safetensors')
    name, initial = 'encoder.0.0.weight', load_file(weights)
    torch.testing.assert_close(run.weights[name], initial[name].float(), atol=1e-3, rtol=0)
    assert run.weights['classifier.weight'].shape[0] == 2
    assert run.provenance['recipe']['initial'] == load_checkpoint(weights).provenance


def test_a_run_keeps_the_normalization_of_its_first_weights(trained, data, tmp_path):
    normalization = Normalization((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    first = tmp_path / 'first.safetensors'
    checkpoint = load_checkpoint(trained / 'checkpoint.safetensors')
    save_checkpoint(first, dataclasses.replace(checkpoint, normalization=normalization))
    for more in (('--epochs', '1'), ('--epochs', '2', '--resume')):
        assert train(data, tmp_path / 'run', '--init', str(first), *more) == 0
        run = load_checkpoint(tmp_path / 'run' / 'checkpoint.safetensors')
        assert run.normalization == normalization


def test_a_failed_download_is_announced_and_ends_in_one_clear_line(tmp_path):
    command = [sys.executable, '-m', 'segnet_ros.training.train', '--scenes', '2']
    command += ['--batch-size', '2', '--size', '32x32', '--class-weights', 'none']
    command += ['--encoder', 'vgg16', '--output', str(tmp_path / 'run')]
    nobody = {'https_proxy': 'http://127.0.0.1:9', 'TORCH_HOME': str(tmp_path)}
    environment = {k: v for k, v in os.environ.items() if k.lower() != 'no_proxy'} | nobody
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert result.returncode == 1, result.stderr
    (line,) = [line for line in result.stdout.splitlines() if 'downloading' in line]
    assert 'https://download.pytorch.org/models/vgg16-' in line
    assert 'Traceback' not in result.stderr
    assert result.stderr.splitlines()[-1].endswith(
        'on another machine and name it: --encoder FILE'
    )


def test_only_one_kind_of_first_weights_is_taken(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(['--output', str(tmp_path), *SMALL, '--init', 'a', '--encoder', 'b'])
    assert caught.value.code == 2
    assert 'not allowed with argument --init' in capsys.readouterr().err
