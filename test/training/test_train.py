"""The command segnet_train, from folders to a checkpoint."""

import re
import shutil

import pytest
from safetensors.torch import load_file
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.data import run_data
from segnet_ros.training.run.options import fill_in_defaults
from segnet_ros.training.run.options import make_parser
from segnet_ros.training.step.optimizer import make_optimizer
from segnet_ros.training.train import main
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
import torch
from torch import nn
from training_runs import read_table
from training_runs import SMALL
from training_runs import train


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


@pytest.mark.parametrize(
    ('options', 'images', 'described', 'has_best'),
    [
        ((), 8, '2 images, none seen in training', True),
        (('--hold-out', '7'), 7, '1 images, none seen in training', True),
        (('--split', 'train', 'val'), 10, '2 images, all seen in training', False),
        (('--split', 'train', 'val', '--hold-out', '8'), 9, '1 images, none seen', True),
    ],
)
def test_what_is_validated_on_is_new_or_marked_as_seen(
    data, tmp_path, capsys, options, images, described, has_best
):
    assert train(data, tmp_path, '--epochs', '1', *options) == 0
    provenance = load_checkpoint(tmp_path / 'checkpoint.safetensors').provenance
    assert len(provenance['recipe']['images']) == images
    assert provenance['metrics_of'].startswith(described)
    assert described in capsys.readouterr().out
    assert (tmp_path / 'best.safetensors').is_file() == has_best


def test_what_the_first_weights_have_seen_counts(data, tmp_path):
    assert train(data, tmp_path / 'a', '--epochs', '1', '--split', 'val') == 0
    first = ('--init', str(tmp_path / 'a' / 'checkpoint.safetensors'))
    assert train(data, tmp_path / 'b', '--epochs', '1', *first) == 0
    provenance = load_checkpoint(tmp_path / 'b' / 'checkpoint.safetensors').provenance
    assert provenance['metrics_of'].startswith('2 images, all seen in training')


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


def test_the_recipe_of_the_paper_is_the_papers(tmp_path):
    arguments = ['--scenes', '24', '--recipe', 'paper', '--output', str(tmp_path)]
    options = make_parser().parse_args([*arguments, '--batch-size', '2'])
    fill_in_defaults(options)
    assert options.batch_size == 2  # what is given counts
    options = make_parser().parse_args(arguments)
    fill_in_defaults(options)
    assert (options.optimizer, options.learning_rate, options.weight_decay) == ('sgd', 0.1, 5e-4)
    assert (options.schedule, options.batch_size) == ('constant', 12)
    assert (options.class_weights, options.augmentation) == ('median', 'none')
    assert options.recompute_batch_norm
    optimizer = make_optimizer(nn.Conv2d(3, 3, 3), options.optimizer, 0.1, 5e-4)
    assert all(group['momentum'] == 0.9 for group in optimizer.param_groups)


def test_a_run_with_the_recipe_of_the_paper_says_so(data, tmp_path):
    assert train(data, tmp_path, '--recipe', 'paper', '--epochs', '1') == 0
    recipe = load_checkpoint(tmp_path / 'checkpoint.safetensors').provenance['recipe']
    assert (recipe['optimizer'], recipe['class_weights']) == ('sgd', 'median')
    assert recipe['recompute_batch_norm'] is True


def test_a_loss_that_is_not_finite_names_the_batch(data, tmp_path, capsys):
    options = ('--epochs', '30', '--optimizer', 'sgd', '--learning-rate', '1e30')
    assert train(data, tmp_path, *options) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r'expected a finite loss, got (nan|inf) in epoch \d+, batch \d+', error)
    assert re.search(r'from \d\.png, \d\.png; look at these, lower --learning-rate', error)


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
        (['--scenes', '4', '--accumulate', '3'], 'expected --accumulate of at most 2'),
        (['--scenes', '4', '--hold-out', 'a'], 'expected --data DIR with --hold-out'),
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
        ('--weight-decay', '-1'),
        ('--scenes', '-2'),
        ('--widths', '0', '4', '4', '4', '4'),
    ],
)
def test_values_out_of_range_are_refused(tmp_path, option, capsys):
    with pytest.raises(SystemExit) as caught:
        main(['--output', str(tmp_path), *SMALL, *option])
    assert caught.value.code == 2
    assert f'{option[0]}: expected' in capsys.readouterr().err.splitlines()[-1]


def test_a_broken_label_found_by_a_loading_process_ends_the_run_in_one_line(
    data, tmp_path, monkeypatch, capsys
):
    copy = tmp_path / 'data'
    shutil.copytree(data, copy)
    for path in (copy / 'trainannot').iterdir():
        path.write_bytes(b'')
    options = ('--epochs', '1', '--class-weights', 'none', '--workers', '1')
    # As if the files had broken after they were read for the first time.
    monkeypatch.setattr(run_data, 'cache_images', lambda images, *_: images)
    assert train(copy, tmp_path / 'run', *options) == 1
    error = capsys.readouterr().err
    (line,) = [line for line in error.splitlines() if 'segnet_train: error' in line]
    assert re.search(r'error: .*\.png: expected a JPEG or PNG file', line)
