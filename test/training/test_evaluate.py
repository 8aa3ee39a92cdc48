"""The command segnet_evaluate."""

import json
import math

import numpy as np
import pytest
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.evaluate import evaluate
from segnet_ros.training.evaluate import main


def test_the_matrix_covers_every_labeled_pixel(small_checkpoint, data):
    predictor = Predictor.from_checkpoint(small_checkpoint, 'cpu')
    matrix = evaluate(predictor, LabeledFolder(data, 'val', predictor.label_set))
    assert matrix.counts.sum() == 2 * 46 * 64  # two rows of each image are unlabeled


def test_figures_are_printed_and_written(small_checkpoint, data, tmp_path, capsys):
    path = tmp_path / 'metrics.json'
    arguments = ['--data', str(data), '--checkpoint', str(small_checkpoint), '--json', str(path)]
    assert main(arguments) == 0

    predictor = Predictor.from_checkpoint(small_checkpoint)
    expected = ConfusionMatrix(11)
    for image, truth in (LabeledFolder(data, 'val', predictor.label_set)[i] for i in range(2)):
        expected.update(predictor.predict(image).label, truth)
    metrics = json.loads(path.read_text())
    assert metrics['miou'] == pytest.approx(expected.miou)
    assert metrics['global_accuracy'] == pytest.approx(expected.global_accuracy)
    assert metrics['class_accuracy'] == pytest.approx(expected.class_accuracy)
    for name, iou in zip(predictor.label_set.names, expected.iou, strict=True):
        found = metrics['iou'][name]
        assert found is None if math.isnan(iou) else found == pytest.approx(iou)
    assert f'{100 * expected.miou:.2f}' in capsys.readouterr().out


def test_scenes_need_no_data(small_checkpoint, tmp_path):
    path = tmp_path / 'metrics.json'
    assert main(['--scenes', '1', '--checkpoint', str(small_checkpoint), '--json', str(path)]) == 0
    assert np.isfinite(json.loads(path.read_text())['miou'])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--data', 'nowhere'], "nowhere: expected the folders 'val' and 'valannot'"),
        (['--scenes', '1', '--checkpoint', 'none'], "no checkpoint at 'none'"),
    ],
)
def test_bad_input_ends_in_one_clear_line(small_checkpoint, options, message, capsys):
    assert main(['--checkpoint', str(small_checkpoint), *options]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert 'Traceback' not in error
