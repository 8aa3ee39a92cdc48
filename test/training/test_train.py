"""The command segnet_train, from folders to a checkpoint, and back after an interruption."""

import csv
import dataclasses
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys

import pytest
from safetensors.torch import load_file
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.train import main
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
import torch
import yaml

SMALL = [
    '--size',
    '48x64',
    '--widths',
    '4',
    '4',
    '4',
    '4',
    '4',
    '--batch-size',
    '2',
    '--workers',
    '0',
    '--device',
    'cpu',
    '--validate-every',
    '1',
]


def train(data: Path, output: Path, *more: str) -> int:
    return main(['--data', str(data), '--output', str(output), *SMALL, *more])


def start(data: Path, output: Path, *more: str, session: bool = False) -> 'subprocess.Popen[str]':
    command = [
        sys.executable,
        '-m',
        'segnet_ros.training.train',
        '--data',
        str(data),
        '--output',
        str(output),
        *SMALL,
        *more,
    ]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ, start_new_session=session
    )


def wait_for_steps(process: 'subprocess.Popen[str]', count: int = 1) -> None:
    """Wait until the progress bar has shown a loss so many times."""
    shown = ''
    while shown.count('loss') < count:
        character = process.stderr.read(1)
        assert character, f'ended before its step: {shown}'
        shown += character


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory) -> Path:
    """Output of a short run on images and scenes."""
    output = tmp_path_factory.mktemp('run')
    assert train(data, output, '--epochs', '2', '--scenes', '2') == 0
    return output


def test_a_run_ends_in_a_checkpoint_with_provenance(trained, data):
    checkpoint = load_checkpoint(trained / 'checkpoint.safetensors')
    provenance = checkpoint.provenance
    assert checkpoint.input_size == (48, 64)
    assert checkpoint.label_set == load_label_set('camvid')
    assert provenance['epochs'] == 2
    assert provenance['recipe']['data'] == data.name
    assert provenance['recipe']['scenes'] == 2
    assert 0 <= provenance['metrics']['miou'] <= 1
    assert provenance['torch'] == torch.__version__


def test_a_run_leaves_scalars_and_overlays_for_tensorboard(trained):
    events = EventAccumulator(str(trained))
    events.Reload()
    assert len(events.Scalars('loss')) == 10
    assert len(events.Scalars('val/miou')) == 2
    assert {'val/overlay_0', 'val/overlay_1'} <= set(events.Tags()['images'])


def test_a_run_leaves_a_table_and_curves(trained):
    assert [row['epoch'] for row in read_table(trained)] == ['1', '2']
    assert (trained / 'curves.png').is_file()


@pytest.mark.parametrize('optimizer', ['adamw', 'sgd'])
def test_an_interrupted_run_continues_exactly(data, tmp_path, optimizer):
    options = ('--epochs', '5', '--optimizer', optimizer, '--precision', 'fp32')
    assert train(data, tmp_path / 'whole', *options) == 0

    process = start(data, tmp_path / 'parts', *options)
    wait_for_steps(process)
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert 'Traceback' not in rest
    left = torch.load(tmp_path / 'parts' / 'state.pt', weights_only=True)['position']
    assert left['epoch'] < 5
    assert train(data, tmp_path / 'parts', *options, '--resume') == 0

    assert_same_weights(tmp_path / 'whole', tmp_path / 'parts')


def assert_same_weights(*outputs: Path) -> None:
    for name in ('checkpoint.safetensors', 'best.safetensors'):
        one, other = (load_file(output / name) for output in outputs)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_killed_run_continues_exactly(data, tmp_path):
    options = ('--epochs', '30', '--precision', 'fp32', '--save-minutes', '1e-9')
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
    assert len(tables[0]) == 30
    assert tables[0] == tables[1]


def read_table(output: Path) -> list[dict[str, str]]:
    """Read what does not depend on the clock."""
    with open(output / 'history.csv', newline='') as file:
        return [row | {'minutes': ''} for row in csv.DictReader(file)]


def test_the_best_checkpoint_is_kept(data, tmp_path):
    assert train(data, tmp_path, '--epochs', '12', '--metric', 'class_accuracy') == 0
    measured = [float(row['class_accuracy']) for row in read_table(tmp_path)]
    best, last = (
        load_checkpoint(tmp_path / f'{name}.safetensors').provenance
        for name in ('best', 'checkpoint')
    )
    assert best['metrics']['class_accuracy'] == max(measured)
    assert best['epochs'] == measured.index(max(measured)) + 1
    assert last['metrics']['class_accuracy'] == measured[-1]


def test_statistics_can_be_computed_anew(data, tmp_path):
    for name, more in (('running', ()), ('anew', ('--recompute-batch-norm',))):
        assert train(data, tmp_path / name, '--epochs', '1', '--precision', 'fp32', *more) == 0
    running, anew = (
        load_file(tmp_path / name / 'checkpoint.safetensors') for name in ('running', 'anew')
    )
    different = {key for key in running if not torch.equal(running[key], anew[key])}
    assert different
    assert all(
        key.endswith(('running_mean', 'running_var', 'num_batches_tracked')) for key in different
    )


def test_the_recipe_of_the_paper_is_the_papers(data, tmp_path):
    options = ('--recipe', 'paper', '--epochs', '1', '--batch-size', '2')
    assert train(data, tmp_path, *options) == 0
    recipe = load_checkpoint(tmp_path / 'checkpoint.safetensors').provenance['recipe']
    assert (recipe['optimizer'], recipe['learning_rate'], recipe['schedule']) == (
        'sgd',
        0.1,
        'constant',
    )
    assert (recipe['class_weights'], recipe['augmentation']) == ('median', 'none')
    assert recipe['batch_size'] == 2  # what is given counts


def test_a_loss_that_is_not_finite_names_the_batch(data, tmp_path, capsys):
    options = ('--epochs', '30', '--optimizer', 'sgd', '--learning-rate', '1e30')
    assert train(data, tmp_path, *options) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r'expected a finite loss, got (nan|inf) in epoch \d+, batch \d+', error)
    assert re.search(r'from \d\.png, \d\.png; look at these, lower --learning-rate', error)


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


def test_a_broken_validation_label_is_found_before_training(data, tmp_path, capsys):
    copy = tmp_path / 'data'
    shutil.copytree(data, copy)
    next((copy / 'valannot').iterdir()).write_bytes(b'')
    assert train(copy, tmp_path / 'run', '--epochs', '1') == 1
    assert 'valannot' in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / 'run' / 'state.pt').exists()


def test_minutes_bound_a_run(data, tmp_path):
    assert train(data, tmp_path, '--minutes', '0.02') == 0
    provenance = load_checkpoint(tmp_path / 'checkpoint.safetensors').provenance
    assert provenance['epochs'] >= 1
    assert provenance['minutes'] <= 0.2


def test_a_progressive_run_ends_at_the_full_size(data, tmp_path, capsys):
    assert train(data, tmp_path, '--epochs', '12', '--size', '64x96', '--progressive') == 0
    sizes = re.findall(r'size (\d+x\d+)', capsys.readouterr().err)
    assert {'32x48', '48x72'} & set(sizes)  # the bar shows some of the steps only
    assert sizes[-1] == '64x96'
    assert load_checkpoint(tmp_path / 'checkpoint.safetensors').input_size == (64, 96)


def test_scenes_alone_are_enough(tmp_path):
    output = str(tmp_path / 'run')
    assert main(['--scenes', '4', '--output', output, '--epochs', '1', *SMALL]) == 0
    assert (tmp_path / 'run' / 'checkpoint.safetensors').is_file()


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


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--data', 'nowhere'], "nowhere: expected the folders 'train' and 'trainannot'"),
        ([], 'expected --data DIR or --scenes N'),
        (['--scenes', '4', '--resume'], 'there is no run to resume'),
        (['--data', 'x', '--label-set', 'kitti'], "no label set 'kitti'"),
        (['--scenes', '4', '--init', 'none.safetensors'], 'no checkpoint at'),
        (['--scenes', '4', '--encoder', 'none.pth'], "no encoder weights at 'none.pth'"),
        (['--scenes', '4', '--encoder', 'vgg16'], 'vgg16: expected a network with the widths'),
        (['--scenes', '1'], 'expected at least one batch of 2'),
        (['--scenes', '4', '--device', 'tpu'], "expected device 'auto'"),
        (['--scenes', '4', '--size', '16x64'], 'expected a --size of at least 32 x 32'),
    ],
)
def test_bad_input_ends_in_one_clear_line(tmp_path, options, message, capsys):
    assert main(['--output', str(tmp_path / 'run'), *SMALL, *options]) == 1
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1]
    assert 'Traceback' not in error


@pytest.mark.parametrize(
    'option',
    [
        ('--minutes', '0'),
        ('--epochs', '-1'),
        ('--batch-size', '0'),
        ('--validate-every', '0'),
        ('--learning-rate', 'nan'),
        ('--scenes', '-2'),
        ('--widths', '0', '4', '4', '4', '4'),
    ],
)
def test_values_out_of_range_are_refused(tmp_path, option, capsys):
    with pytest.raises(SystemExit) as caught:
        main(['--output', str(tmp_path), *SMALL, *option])
    assert caught.value.code == 2
    assert f'{option[0]}: expected' in capsys.readouterr().err.splitlines()[-1]


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


def test_a_broken_label_found_by_a_loading_process_ends_the_run_in_one_line(data, tmp_path):
    copy = tmp_path / 'data'
    shutil.copytree(data, copy)
    for path in (copy / 'trainannot').iterdir():
        path.write_bytes(b'')
    options = ('--epochs', '1', '--class-weights', 'none', '--workers', '1')
    process = start(copy, tmp_path / 'run', *options)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = [line for line in error.splitlines() if 'segnet_train: error' in line]
    assert re.search(r'error: .*\.png: expected a JPEG or PNG file', line)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_of_a_run_loses_nothing(data, tmp_path, number):
    process = start(data, tmp_path, '--epochs', '200', '--workers', '1', session=True)
    wait_for_steps(process)
    os.killpg(process.pid, number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 0}[number], rest
    assert 'Traceback' not in rest
    assert (tmp_path / 'state.pt').is_file()
