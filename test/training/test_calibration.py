"""How sure a network is, against how often it is right."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from segnet_ros.core.predictor import Prediction
from segnet_ros.training.evaluate import main
from segnet_ros.training.measurement.calibration import Calibration
from segnet_ros.training.measurement.calibration_picture import draw_calibration
from segnet_ros.training.train import main as train


def make_prediction(is_right: list[int], confidence: list[int]) -> Prediction:
    """Make a row of pixels whose truth is class 0."""
    label, sure = (np.array([values], np.uint8) for values in (is_right, confidence))
    return Prediction(label=1 - label, confidence=sure, uncertainty=255 - sure)


def test_the_error_is_the_mean_gap_between_confidence_and_accuracy() -> None:
    calibration = Calibration()
    truth = np.zeros((1, 4), np.uint8)
    calibration.update(make_prediction([1, 1, 1, 1], [255, 255, 255, 255]), truth)
    assert calibration.error == pytest.approx(0)
    calibration.update(make_prediction([1, 0, 1, 0], [51, 51, 51, 51]), truth)
    assert calibration.error == pytest.approx(0.15)  # of half the pixels, 0.5 and not 0.2
    wrong, right = calibration.mean_uncertainty
    assert wrong == pytest.approx(0.8)
    assert right == pytest.approx(2 * 0.8 / 6)


def test_unlabeled_pixels_do_not_count() -> None:
    calibration = Calibration()
    truth = np.array([[0, 255]], np.uint8)
    calibration.update(make_prediction([1, 0], [200, 10]), truth)
    assert calibration.confidence.sum() == calibration.confidence[200, 1] == 1


def test_parts_add_up() -> None:
    truth = np.zeros((1, 3), np.uint8)
    whole, parts = Calibration(), [Calibration(), Calibration()]
    for number, sure in enumerate(([1, 2, 3], [250, 99, 3])):
        prediction = make_prediction([1, 0, number], sure)
        whole.update(prediction, truth)
        parts[number].update(prediction, truth)
    parts[0].merge(parts[1])
    np.testing.assert_array_equal(parts[0].confidence, whole.confidence)
    np.testing.assert_array_equal(parts[0].uncertainty, whole.uncertainty)


def test_the_picture_has_accuracy_and_share_of_each_level() -> None:
    calibration = Calibration()
    unsure, sure = [8] * 2, [248] * 6
    prediction = make_prediction([1, 0, *[1] * 6], [*unsure, *sure])
    calibration.update(prediction, np.zeros((1, 8), np.uint8))
    first, last = 100 / 32, 100 - 100 / 32  # the middle of these bins
    panels = draw_calibration(calibration).axes
    for axes, accuracy, share in (
        (panels[0], [(first, 50), (last, 100)], (25, 75)),
        (panels[1], [(first, 100), (last, 50)], (75, 25)),
    ):
        (right,) = (line for line in axes.lines if line.get_label() == 'right')
        np.testing.assert_allclose(right.get_xydata(), accuracy)
        heights = [bar.get_height() for bar in axes.patches]
        np.testing.assert_allclose(heights, [share[0], *[0] * 14, share[1]])
    assert [axes.get_title() for axes in panels] == [
        'calibration error 13.8 %',
        'mean uncertainty 96.9 % where wrong, 16.2 % where right',
    ]


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a Bayesian SegNet-Basic for some seconds."""
    output = tmp_path_factory.mktemp('run')
    options = ['--model', 'bayesian-segnet-basic', '--widths', *['16'] * 4, '--size', '48x64']
    length = ['--scenes', '24', '--batch-size', '4', '--epochs', '8', '--workers', '0']
    assert train([*options, *length, '--output', str(output), '--device', 'cpu']) == 0
    return output / 'checkpoint.safetensors'


def test_a_network_is_less_certain_where_it_is_wrong(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On scenes that it was not trained on."""
    paths = [tmp_path / 'metrics.json', tmp_path / 'new' / 'calibration.png']
    options = ['--scenes', '3', '--checkpoint', str(trained), '--json', str(paths[0])]
    assert main([*options, '--mc-samples', '6', '--calibration', str(paths[1])]) == 0
    metrics = json.loads(paths[0].read_text())
    assert metrics['uncertainty_of_wrong'] > metrics['uncertainty_of_right'] + 0.05
    assert 0 < metrics['calibration_error'] < 1
    assert cv2.imread(str(paths[1])).shape[1] > 800
    output = capsys.readouterr().out
    assert 'uncertainty, wrong' in output
    assert output.endswith(', 6 samples\n')


def test_the_seed_repeats_the_samples(trained: Path, tmp_path: Path) -> None:
    found = []
    for name, seed in (('a', '1'), ('b', '1'), ('c', '2')):
        path = tmp_path / name
        options = ['--scenes', '1', '--checkpoint', str(trained), '--json', str(path)]
        assert main([*options, '--mc-samples', '2', '--seed', seed]) == 0
        found.append(json.loads(path.read_text())['uncertainty_of_right'])
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--mc-samples', '4'], 'expected a network that can be sampled for 4 samples'),
        (['--mc-samples', '4', '--flip'], 'expected --mc-samples without --flip'),
        (['--calibration', 'a.png'], 'expected --mc-samples N with --calibration'),
    ],
)
def test_what_cannot_be_measured_is_refused(
    small_checkpoint: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['--scenes', '1', '--checkpoint', str(small_checkpoint), *options]) == 1
    assert message in capsys.readouterr().err
