"""The command segnet_predict on images, folders and a video."""

import re

import cv2
import numpy as np
import pytest
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.predict import main


def predict(small_checkpoint, output, *inputs) -> int:
    return main(
        [*map(str, inputs), '--output', str(output), '--checkpoint', str(small_checkpoint)]
    )


def test_folders_become_labels_and_overlays(small_checkpoint, data, tmp_path):
    assert predict(small_checkpoint, tmp_path, data / 'val') == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        '8_label.png',
        '8_overlay.png',
        '9_label.png',
        '9_overlay.png',
    ]
    image = cv2.cvtColor(cv2.imread(str(data / 'val' / '8.png')), cv2.COLOR_BGR2RGB)
    expected = Predictor.from_checkpoint(small_checkpoint).predict(image, ('label', 'overlay'))
    label = cv2.imread(str(tmp_path / '8_label.png'), cv2.IMREAD_UNCHANGED)
    overlay = cv2.imread(str(tmp_path / '8_overlay.png'))
    assert np.array_equal(label, expected.label)
    assert np.array_equal(overlay[..., ::-1], expected.overlay)


def test_what_is_written_can_be_chosen(small_checkpoint, data, tmp_path):
    image = data / 'val' / '8.png'
    assert predict(small_checkpoint, tmp_path, image, '--outputs', 'color', 'confidence') == 0
    assert {path.name for path in tmp_path.iterdir()} == {'8_color.png', '8_confidence.png'}


def test_videos_become_videos(small_checkpoint, tmp_path):
    video = tmp_path / 'drive.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*'MJPG'), 5.0, (64, 48))
    for value in (0, 100, 200):
        writer.write(np.full((48, 64, 3), value, np.uint8))
    writer.release()

    assert predict(small_checkpoint, tmp_path / 'out', video) == 0

    capture = cv2.VideoCapture(str(tmp_path / 'out' / 'drive_overlay.mp4'))
    count = 0
    while capture.read()[0]:
        count += 1
    assert count == 3
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(5)


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('none.png', "no input '.*none.png'"),
        ('notes.txt', "expected an image .* found '.txt'"),
        ('broken.png', 'broken.png: expected a JPEG or PNG file'),
        ('broken.mp4', 'broken.mp4: expected a video'),
        ('empty', 'no image in'),
    ],
)
def test_bad_input_ends_in_one_clear_line(small_checkpoint, tmp_path, name, message, capfd):
    for broken in ('notes.txt', 'broken.png', 'broken.mp4'):
        (tmp_path / broken).write_text('x')
    (tmp_path / 'empty').mkdir()
    assert predict(small_checkpoint, tmp_path / 'out', tmp_path / name) == 1
    error = capfd.readouterr().err
    assert re.search(message, error)
    assert 'Traceback' not in error


def test_results_never_overwrite_each_other(small_checkpoint, data, tmp_path, capsys):
    images = (data / 'train' / '1.png', data / 'train' / '1.png')
    assert predict(small_checkpoint, tmp_path / 'out', *images) == 1
    assert "found '1' twice" in capsys.readouterr().err
