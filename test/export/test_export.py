"""The command ``segnet_export``: files, the check before they are written, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

pytest.importorskip('onnx', reason='needs ONNX')
pytest.importorskip('onnxruntime', reason='needs ONNX Runtime')
pytest.importorskip('openvino', reason='needs OpenVINO')

import onnxruntime
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
from segnet_ros.export import export
from segnet_ros.export import unpooling


def run(capsys, *args):
    """Run the command in this process; return exit code, output and errors."""
    code = export.main([str(arg) for arg in args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_file_is_written_that_another_process_can_use(capsys, small_checkpoint, tmp_path):
    output = tmp_path / 'new' / 'small.onnx'
    code, text, errors = run(
        capsys, '--checkpoint', small_checkpoint, '--output', output, '--size', '90x120'
    )
    assert code == 0, errors
    lines = text.splitlines()
    assert lines[0].startswith('ONNX Runtime ')
    assert lines[1].startswith('OpenVINO ')
    assert lines[2] == f'{output}: 0 MB, images of 90x120 to label, confidence'
    assert [path.name for path in output.parent.iterdir()] == ['small.onnx']
    image = render_scene(5, size=(90, 120)).image
    session = onnxruntime.InferenceSession(output, providers=['CPUExecutionProvider'])
    label, confidence = session.run(['label', 'confidence'], {'image': image[None]})
    expected = Predictor.from_checkpoint(small_checkpoint, 'cpu', 'fp32').predict(
        image, ('label', 'confidence')
    )
    assert np.mean(label[0] != expected.label) < 1e-3
    assert np.abs(confidence[0].astype(int) - expected.confidence).max() <= 1


def test_photographs_are_a_part_of_the_check(capsys, small_checkpoint, tmp_path):
    photographs = tmp_path / 'photographs'
    photographs.mkdir()
    for number in range(2):
        image = render_scene(number, size=(60, 80)).image
        cv2.imwrite(str(photographs / f'{number}.png'), image)
    options = (
        '--checkpoint',
        small_checkpoint,
        '--output',
        tmp_path / 'a.onnx',
        '--raw',
        '--fp16',
    )
    code, text, errors = run(capsys, *options, '--check-images', photographs)
    assert code == 0, errors
    assert f' of {5 * 48 * 64} labels differ' in text  # three scenes, two photographs
    (photographs / '0.png').write_bytes(b'no image')
    code, _, errors = run(capsys, *options, '--check-images', photographs)
    assert code == 1
    assert '0.png: expected a JPEG or PNG file' in errors


def test_a_graph_that_computes_something_else_is_not_written(
    capsys, small_checkpoint, tmp_path, monkeypatch
):
    """The last of the highest pixels wins a tie, in place of the first: nearly the same."""
    output = tmp_path / 'a.onnx'
    output.write_bytes(b'as it was')
    original = unpooling.GraphBuilder.add

    def add(self, operator, inputs, name, **attributes):
        operator = 'GreaterOrEqual' if operator == 'Greater' else operator
        return original(self, operator, inputs, name, **attributes)

    monkeypatch.setattr(unpooling.GraphBuilder, 'add', add)
    code, text, errors = run(capsys, '--checkpoint', small_checkpoint, '--output', output)
    assert code == 1
    assert 'expected ONNX Runtime' in errors
    assert 'a number of labels that differ of at most 1 on 9216 pixels, found' in errors
    assert text == ''
    assert output.read_bytes() == b'as it was'


@pytest.mark.parametrize(
    ('args', 'expected'),
    [
        (('--output', 'a.pb'), 'a.pb: expected --output with the suffix .onnx; add it'),
        (('--output', 'a.onnx', '--size', '20x90'), 'at least 32 x 32 pixels, got 20 x 90'),
        (('--output', 'a.onnx', '--input-size', '64x31'), 'at least 32 x 32 pixels, got 64 x 31'),
        (('--output', 'a.onnx', '--checkpoint', 'none'), "no checkpoint at 'none'"),
        (('--output', 'a.onnx', '--check-images', '.'), 'no image in .: expected'),
        (('--output', 'a.onnx', '--check-images', 'none'), "No such file or directory: 'none'"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(capsys, tmp_path, monkeypatch, args, expected):
    monkeypatch.chdir(tmp_path)
    code, _, errors = run(capsys, *args)
    assert code == 1
    assert expected in errors
    assert len(errors.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_another_network_is_refused(capsys, save_small_checkpoint, tmp_path):
    path = tmp_path / 'unet.safetensors'
    save_small_checkpoint(path, load_label_set('camvid'), network='unet')
    code, _, errors = run(capsys, '--checkpoint', path, '--output', tmp_path / 'a.onnx')
    assert code == 1
    assert 'expected a checkpoint of segnet or bayesian-segnet, found one of unet' in errors


def test_a_missing_openvino_is_told_in_a_line(small_checkpoint, tmp_path):
    program = (
        "import sys; sys.modules['openvino'] = None;"  # as if it were not installed
        'from segnet_ros.commands.entry import export; sys.exit(export())'
    )
    options = ['--checkpoint', str(small_checkpoint), '--output', str(tmp_path / 'a.onnx')]
    result = subprocess.run(
        [sys.executable, '-c', program, *options], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert 'expected the Python package openvino, which the file is checked' in result.stderr
    assert 'Traceback' not in result.stderr


def test_the_check_reports_nothing_over_the_network():
    """OpenVINO's own Python package does, whenever it is imported."""
    program = (
        'import sys, threading; from segnet_ros.export.runtimes import import_openvino;'
        "import_openvino(); assert sys.modules['openvino_telemetry'] is None;"
        'assert threading.active_count() == 1'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
