"""The comparison of trained networks, in small: interrupted, continued, not done twice."""

from __future__ import annotations

import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time

import cv2
from paper_tables import main
import paper_training
import pytest

PROGRAM = Path(__file__).parents[2] / 'benchmarks' / 'paper_tables.py'
NETWORKS = ('segnet-basic', 'bilinear-interpolation')
EPOCHS = '12'
MEASURES = {'global_accuracy', 'class_accuracy', 'miou', 'bf'}


def list_arguments(data: Path, output: Path, *more: str) -> list[str]:
    arguments = ['training', '--data', str(data), '--output', str(output), '--networks', *NETWORKS]
    arguments += ['--size', '48x64', '--epochs', EPOCHS, '--batch-size', '2', '--device', 'cpu']
    small = ['--widths', '4', '4', '4', '4', '--workers', '0', '--validate-every', '4']
    return [*arguments, *more, '--train-options', *small]


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.01)


def interrupt_first_run(data: Path, output: Path) -> None:
    """Start a comparison, and end it as a system does that shuts down."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), *list_arguments(data, output)], env=os.environ
    )
    wait_for(output / NETWORKS[0] / 'seed_0' / 'state.pt', process)
    with pytest.raises(ValueError, match='expected no other comparison at work'):
        paper_training.claim(output, data, ()).__enter__()
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert not (output / NETWORKS[0] / 'seed_0' / 'curves.png').exists()


@pytest.fixture(scope='module')
def output(data, tmp_path_factory) -> Path:
    """Folder of a comparison that was interrupted in its first run, and started again."""
    folder = tmp_path_factory.mktemp('compared')
    interrupt_first_run(data, folder)
    assert main(list_arguments(data, folder)) == 0
    return folder


def list_files(output: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in output.glob('*/*/*')}


def test_an_interrupted_comparison_is_continued_to_its_end(output):
    report = json.loads((output / 'training.json').read_text())
    assert report['failed'] == {}
    assert set(report['networks']) == set(NETWORKS)
    for found in report['networks'].values():
        assert found['runs'].keys() == {'0'}
        for split in ('val', 'train'):
            assert found['mean'][split].keys() == MEASURES
            assert found['mean'][split] == found['min'][split] == found['runs']['0'][split]
            assert all(0 <= value <= 100 for value in found['mean'][split].values())
        assert found['mean']['seconds'] >= 0
    verdicts = [row['ours'] for row in report['orderings']]
    (verdict,) = (verdict for verdict in verdicts if verdict != 'not measured')
    assert verdict in ('holds among 2 of 8 networks', 'does not hold')


def test_the_run_went_on_where_it_was_interrupted(output):
    rows = (output / NETWORKS[0] / 'seed_0' / 'history.csv').read_text().splitlines()[1:]
    assert [row.partition(',')[0] for row in rows] == ['4', '8', '12']


def test_tables_have_the_papers_figures_beside_ours(output):
    text = (output / 'training.md').read_text()
    for name, papers in zip(NETWORKS, ('82.7 / 62.0 / 47.7 / 35.8', '77.9 /'), strict=True):
        (row,) = (line for line in text.splitlines() if line.startswith(f'| {name} |'))
        assert papers in row


def test_what_is_done_is_not_done_again(data, output):
    before = list_files(output)
    assert main(list_arguments(data, output)) == 0
    assert list_files(output) == before


def test_costs_are_read_before_anything_is_trained(data, tmp_path, capsys):
    costs = tmp_path / 'costs.json'
    costs.write_text('[]')
    folder = tmp_path / 'compared'
    assert main(list_arguments(data, folder, '--costs', str(costs))) == 1
    assert "expected the JSON of 'costs'" in capsys.readouterr().err
    assert not folder.exists()


def test_runs_with_other_options_are_not_mixed_in(data, output, capsys):
    assert main([*list_arguments(data, output), '--learning-rate', '0.5']) == 1
    assert 'use the same options to continue it' in capsys.readouterr().err


def test_a_run_that_fails_is_told_of_beside_the_others(
    data, output, tmp_path, monkeypatch, capsys
):
    copy = tmp_path / 'compared'
    shutil.copytree(output, copy)
    (copy / NETWORKS[1] / 'seed_0' / 'val.json').unlink()
    monkeypatch.setattr(paper_training, 'PROGRAM', Path('/nowhere'))
    assert main(list_arguments(data, copy)) == 1
    assert '1 did not' in capsys.readouterr().err
    report = json.loads((copy / 'training.json').read_text())
    assert report['networks'].keys() == {NETWORKS[0]}
    assert report['failed'].keys() == {f'{NETWORKS[1]}, seed 0'}
    assert {row['ours'] for row in report['orderings']} == {'not measured'}


def test_the_picture_has_image_truth_and_each_network(output, tmp_path, capsys):
    path = tmp_path / 'sheet.png'
    assert main(['pictures', '--runs', str(output), '--output', str(path)]) == 0
    height, width, _ = cv2.imread(str(path)).shape
    assert width == 4 * 320
    assert height > 240 + 24
    assert main(['pictures', '--runs', str(tmp_path), '--output', str(path)]) == 1
    assert 'expected trained networks, found none' in capsys.readouterr().err
