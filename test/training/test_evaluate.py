"""The command segnet_evaluate."""

import json
import math
import os
from pathlib import Path
import sys

import cv2
import numpy as np
import pytest
from segnet_ros.core.boundary import BoundaryF1
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.evaluate import main
from segnet_ros.training.measurement.augmented_predictor import AugmentedPredictor
from segnet_ros.training.measurement.evaluation import evaluate
from segnet_ros.training.measurement.evaluation import Evaluation
from segnet_ros.training.measurement.evaluation import format_table
from segnet_ros.training.measurement.evaluation import summarize

CAMVID = Path(os.environ.get('SEGNET_CAMVID', Path(__file__).parents[3] / 'shared' / 'camvid'))


def test_the_matrix_covers_every_labeled_pixel(small_checkpoint, data):
    predictor = Predictor.from_checkpoint(small_checkpoint, 'cpu')
    evaluation = evaluate(predictor, open_labeled_images(data, ['val'], predictor.label_set))
    assert evaluation.images == len(evaluation.boundary.scores) == 2
    assert evaluation.matrix.counts.sum() == 2 * 46 * 64  # two rows of each image are unlabeled


@pytest.mark.soak
@pytest.mark.skipif(not CAMVID.is_dir(), reason='needs CamVid; set SEGNET_CAMVID to its folder')
def test_the_packaged_checkpoint_knows_what_it_was_trained_on():
    predictor = Predictor.from_checkpoint(device='cpu')
    evaluation = evaluate(predictor, open_labeled_images(CAMVID, ['val'], predictor.label_set))
    assert evaluation.matrix.miou > 0.8  # 0.815 when it was packaged


def test_figures_are_printed_and_written(small_checkpoint, data, tmp_path, capsys):
    path = tmp_path / 'metrics.json'
    arguments = ['--data', str(data), '--checkpoint', str(small_checkpoint), '--json', str(path)]
    assert main(arguments) == 0

    predictor = Predictor.from_checkpoint(small_checkpoint)
    expected, boundary = ConfusionMatrix(11), BoundaryF1()
    for image, truth in (
        open_labeled_images(data, ['val'], predictor.label_set)[i] for i in range(2)
    ):
        label = predictor.predict(image).label
        expected.update(label, truth)
        boundary.update(label, truth)
    metrics = json.loads(path.read_text())
    assert metrics['images'] == 2
    assert metrics['miou'] == pytest.approx(expected.miou)
    assert metrics['global_accuracy'] == pytest.approx(expected.global_accuracy)
    assert metrics['class_accuracy'] == pytest.approx(expected.class_accuracy)
    assert metrics['bf'] == pytest.approx(boundary.bf)
    for key in ('iou', 'accuracy', 'share'):
        assert tuple(metrics[key]) == predictor.label_set.names
        for found, value in zip(metrics[key].values(), getattr(expected, key), strict=True):
            assert found is None if math.isnan(value) else found == pytest.approx(value)
    *table, conditions = capsys.readouterr().out.splitlines()
    assert table == format_table(metrics).splitlines()
    assert conditions == (
        f'2 images ({data}, val), none seen in training, {predictor.device},'
        f' {predictor.precision}, input 48x64, without flips, scales 1'
    )


def test_the_table_holds_every_figure_in_percent():
    evaluation = Evaluation(ConfusionMatrix(3), BoundaryF1(), images=1)
    truth = np.array([[0, 0, 0, 1]], np.uint8)
    evaluation.matrix.update(np.array([[0, 0, 1, 1]], np.uint8), truth)
    label_set = LabelSet('small', ('sky', 'road', 'car'), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
    assert format_table(summarize(evaluation, label_set)).splitlines() == [
        'in %                  IoU  accuracy     share',
        'sky                 66.67     66.67     75.00',
        'road                50.00    100.00     25.00',
        'car                absent    absent      0.00',
        '',
        'mIoU                58.33',
        'global accuracy     75.00',
        'class accuracy      83.33',
        'BF                 absent',
    ]


def test_flips_and_scales_are_averaged(small_checkpoint, data, tmp_path, capsys):
    path = tmp_path / 'metrics.json'
    arguments = ['--data', str(data), '--checkpoint', str(small_checkpoint), '--json', str(path)]
    assert main([*arguments, '--device', 'cpu', '--flip', '--scales', '0.75', '1']) == 0

    predictor = Predictor.from_checkpoint(small_checkpoint, 'cpu')
    augmented = AugmentedPredictor(predictor, True, [0.75, 1])
    expected = evaluate(augmented, open_labeled_images(data, ['val'], predictor.label_set))
    found = json.loads(path.read_text())
    assert found['miou'] == pytest.approx(expected.matrix.miou)
    assert found['bf'] == pytest.approx(expected.boundary.bf)
    output = capsys.readouterr().out
    assert output.endswith('input 48x64, with flips, scales 0.75 1\n')


def test_a_part_of_the_parts_can_be_measured(small_checkpoint, data, capsys):
    options = ['--data', str(data), '--split', 'train', 'val', '--only', '8']
    assert main(['--checkpoint', str(small_checkpoint), *options]) == 0
    assert f'1 images ({data}, train and val, names from 8)' in capsys.readouterr().out


def test_the_confusion_matrix_is_drawn(small_checkpoint, data, tmp_path):
    path = tmp_path / 'new' / 'confusion.png'
    arguments = ['--data', str(data), '--checkpoint', str(small_checkpoint)]
    assert main([*arguments, '--confusion', str(path)]) == 0
    assert min(cv2.imread(str(path)).shape[:2]) > 500


def test_matplotlib_is_needed_for_the_picture_alone(
    small_checkpoint, data, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, 'matplotlib.figure', None)  # as if it were not installed
    arguments = ['--data', str(data), '--checkpoint', str(small_checkpoint)]
    assert main(arguments) == 0
    assert main([*arguments, '--confusion', str(tmp_path / 'confusion.png')]) == 1
    assert 'found none; pip install matplotlib' in capsys.readouterr().err


def test_scenes_need_no_data(small_checkpoint, tmp_path):
    path = tmp_path / 'metrics.json'
    assert main(['--scenes', '1', '--checkpoint', str(small_checkpoint), '--json', str(path)]) == 0
    assert np.isfinite(json.loads(path.read_text())['miou'])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--data', 'nowhere'], "nowhere: expected the folders 'val' and 'valannot'"),
        (['--scenes', '1', '--checkpoint', 'none'], "no checkpoint at 'none'"),
        (['--scenes', '1', '--only', 'a'], 'expected --data DIR with --only'),
        (['--scenes', '1', '--scales', '0.1'], 'at least 32 x 32, got 5 x 6 for 0.1'),
    ],
)
def test_bad_input_ends_in_one_clear_line(small_checkpoint, options, message, capsys):
    assert main(['--checkpoint', str(small_checkpoint), *options]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert 'Traceback' not in error


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--confusion', 'matrix.jpg'], "expected the name of a PNG file, got 'matrix.jpg'"),
        (['--scales', '1', '0'], "expected a number above 0, got '0'"),
    ],
)
def test_values_out_of_range_are_refused(options, message, capsys):
    with pytest.raises(SystemExit):
        main(['--scenes', '1', *options])
    assert message in capsys.readouterr().err
