"""The command segnet_evaluate_node, whole: the real node as a process, over DDS."""

from __future__ import annotations

import json
import os
from pathlib import Path
import re
import select
import signal
import subprocess
import sys
from typing import IO

import pytest
from segnet_ros.training.evaluate import main as evaluate

pytestmark = pytest.mark.ros

COMMAND = [sys.executable, '-m', 'segnet_ros.evaluation.evaluate_node']
TIMEOUT_S = 400
SLOWLY = ('--mode', 'real-time', '--rate', '0.5')


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(stream: IO[str] | None, text: str) -> None:
    """Read until a text has come."""
    assert stream is not None
    shown = ''
    while text not in shown:
        character = stream.read(1)
        assert character, f'ended without {text!r}: {shown}'
        shown += character


def list_children(process: subprocess.Popen[str]) -> list[int]:
    path = Path(f'/proc/{process.pid}/task/{process.pid}/children')
    return [int(child) for child in path.read_text().split()]


def read_error(stderr: str) -> str:
    """Return the line that says what was wrong, which has to be one line."""
    assert 'Traceback' not in stderr
    lines = [line for line in re.split('[\r\n]', stderr) if 'error:' in line]
    assert len(lines) == 1, stderr
    return lines[0]


def test_one_by_one_the_numbers_are_those_of_segnet_evaluate(
    odd_data: Path, seeing_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ['--data', str(odd_data), '--checkpoint', str(seeing_checkpoint)]
    assert evaluate([*common, '--json', str(tmp_path / 'expected.json')]) == 0
    *table, _ = capsys.readouterr().out.splitlines()
    result = run(*common, '--json', tmp_path / 'found.json', '--log', tmp_path / 'log.txt')

    assert result.returncode == 0, result.stderr
    expected = json.loads((tmp_path / 'expected.json').read_text())
    found = json.loads((tmp_path / 'found.json').read_text())
    del expected['conditions']
    assert {key: found[key] for key in expected} == expected
    assert expected['images'] == 6
    assert expected['seen_in_training'] == 2
    assert (found['mode'], found['missed']) == ('drop-free', {})
    assert 0 < found['age_ms']['p50'] <= found['age_ms']['p95'] <= found['age_ms']['max']
    assert found['labels_per_second'] > 0
    lines = result.stdout.splitlines()
    assert lines[: len(table)] == table
    assert lines[-1] == found['conditions']
    assert f'6 images ({odd_data}, val), 2 seen in training, through segnet_node' in lines[-1]
    assert 'ready' in (tmp_path / 'log.txt').read_text()


def test_in_real_time_what_is_missed_is_counted(
    odd_data: Path, small_checkpoint: Path, tmp_path: Path
) -> None:
    result = run(
        *('--data', odd_data, '--checkpoint', small_checkpoint, '--json', tmp_path / 'found.json'),
        *('--mode', 'real-time', '--rate', 20, '--', '-p', 'camera.max_rate:=0.5'),
    )
    assert result.returncode == 0, result.stderr
    found = json.loads((tmp_path / 'found.json').read_text())
    assert found['mode'] == 'real-time'
    assert found['published'] == 6
    assert found['missed']['rate_capped'] >= 1
    assert 1 <= found['images'] == 6 - sum(found['missed'].values())
    assert re.search(r'published +6 images in \d\.\d s \(\d+\.\d of 20 Hz\)', result.stdout)
    assert re.search(f'  rate_capped +{found["missed"]["rate_capped"]}$', result.stdout, re.M)
    assert 'with -p camera.max_rate:=0.5' in result.stdout


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--device', 'cuda:99'), "ended with exit code 1: expected a GPU for device 'cuda:99'"),
        (('--', '-p', 'output_size:=network'), '0.png: expected a label image of its own size'),
    ],
)
def test_a_node_that_cannot_be_compared_is_told_in_a_line(
    odd_data: Path, small_checkpoint: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run('--data', odd_data, '--checkpoint', small_checkpoint, *arguments)
    assert result.returncode == 1
    assert message in read_error(result.stderr)
    assert result.stdout == ''


def test_a_node_that_dies_is_told_in_a_line(odd_data: Path, small_checkpoint: Path) -> None:
    process = start('--data', odd_data, '--checkpoint', small_checkpoint, *SLOWLY)
    wait_for(process.stderr, '2/6')
    (node,) = list_children(process)
    os.kill(node, signal.SIGKILL)
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert 'expected segnet_node to go on, it ended with SIGKILL' in read_error(stderr)


def test_a_node_ends_with_who_started_it(odd_data: Path, small_checkpoint: Path) -> None:
    process = start('--data', odd_data, '--checkpoint', small_checkpoint, *SLOWLY)
    wait_for(process.stderr, '2/6')
    (node,) = map(os.pidfd_open, list_children(process))
    process.kill()
    process.communicate(timeout=TIMEOUT_S)
    ended, _, _ = select.select([node], [], [], TIMEOUT_S)
    os.close(node)
    assert ended


@pytest.mark.parametrize(
    ('number', 'code', 'is_early'),
    [(signal.SIGINT, 130, False), (signal.SIGTERM, 143, True)],
)
def test_a_signal_ends_it_and_the_node(
    odd_data: Path, small_checkpoint: Path, number: int, code: int, is_early: bool
) -> None:
    process = start('--data', odd_data, '--checkpoint', small_checkpoint, *SLOWLY)
    wait_for(process.stderr, '0/6' if is_early else '2/6')
    children: list[int] = []
    while not children and process.poll() is None:  # the bar comes just before
        children = list_children(process)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == code, stderr
    assert stdout == ''
    assert 'Traceback' not in stderr
    assert stderr.endswith('segnet_evaluate_node: interrupted\n')
    assert len(children) == 1
    assert not Path(f'/proc/{children[0]}').exists()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--data', 'nowhere'), "nowhere: expected the folders 'val' and 'valannot'"),
        (('--scenes', '2', '--rate', '5'), 'expected --mode real-time with --rate'),
    ],
)
def test_bad_input_ends_in_a_line_before_the_node_starts(
    small_checkpoint: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run('--checkpoint', small_checkpoint, *arguments)
    assert result.returncode == 1
    assert message in read_error(result.stderr)
