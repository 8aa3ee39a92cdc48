"""The demo, whole: source and node as processes, a recorder, a table, a video, pictures."""

import math
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('torch', reason='needs PyTorch')

from ros_client import make_image
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.node.demonstration.errors import DemoError
from segnet_ros.node.demonstration.overlay_video import OverlayVideo
from segnet_ros.node.demonstration.processes import read_published
from segnet_ros.node.demonstration.recorder import Recorder
from segnet_ros.node.demonstration.report import arrange_tiles
from segnet_ros.node.demonstration.report import COLUMNS
from segnet_ros.node.demonstration.report import describe_run
from segnet_ros.node.demonstration.report import ROWS
from segnet_ros.node.demonstration.report import TILE_WIDTH
from segnet_ros.node.demonstration.report import write_report

COMMAND = [sys.executable, '-m', 'segnet_ros.node.demo']


def run_demo(*arguments: object) -> 'subprocess.CompletedProcess[str]':
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        env=os.environ,
        check=False,
    )


def read_table(output: str) -> dict[str, str]:
    lines = (re.split(r'\s{2,}', line.strip(), maxsplit=1) for line in output.splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2}


@pytest.mark.ros
def test_scenes_become_a_table_a_video_and_a_contact_sheet(small_checkpoint, tmp_path):
    is_busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    result = run_demo('--seconds', 2, '--output', tmp_path, '--checkpoint', small_checkpoint)

    assert result.returncode == 0, result.stderr
    table = read_table(result.stdout)
    assert table['published'] == '60'
    assert table['lost in transport'] == '0'
    if not is_busy:  # else the node may be too late for an image before the next one comes
        assert table['not received, other'] == '0'
        assert table['received'] == '60'
        assert table['recorded'] == table['processed']
    assert int(table['received']) == int(table['processed']) + int(table['dropped'])
    assert int(table['processed']) >= 1
    compared = re.match(r'\d+\.\d against the rendered truth of (\d+) images', table['mIoU'])
    assert compared
    assert 1 <= int(compared[1]) <= int(table['recorded']) <= int(table['processed'])
    capture = cv2.VideoCapture(str(tmp_path / 'overlay.mp4'))
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == 640
    assert cv2.imread(str(tmp_path / 'contact_sheet.png')).shape[1] == COLUMNS * TILE_WIDTH
    if is_busy:
        pytest.skip('all held, but the machine is too busy to tell whether every image arrives')


@pytest.mark.ros
def test_a_folder_ends_the_demo_at_its_end(small_checkpoint, tmp_path):
    for number in range(5):
        cv2.imwrite(str(tmp_path / f'{number}.png'), np.full((48, 64, 3), 50 * number, np.uint8))
    result = run_demo(
        '--source',
        tmp_path,
        '--rate',
        10,
        '--output',
        tmp_path / 'out',
        '--checkpoint',
        small_checkpoint,
    )
    assert result.returncode == 0, result.stderr
    table = read_table(result.stdout)
    assert table['published'] == '5'
    assert table['mIoU'] == 'no truth'


@pytest.mark.ros
@pytest.mark.parametrize('arguments', [('--source', 'nowhere.mp4'), ('--checkpoint', 'nowhere')])
def test_what_failed_is_shown(small_checkpoint, tmp_path, arguments):
    result = run_demo('--output', tmp_path, '--checkpoint', small_checkpoint, *arguments)
    assert result.returncode == 1
    assert 'nowhere' in result.stderr
    assert 'Traceback' not in result.stderr


@pytest.mark.ros
@pytest.mark.parametrize(('number', 'code'), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize('ignores_sigint', [False, True])
def test_a_signal_ends_it_and_what_it_started(
    small_checkpoint, tmp_path, number, code, ignores_sigint
):
    handler = signal.SIG_IGN if ignores_sigint else signal.SIG_DFL
    demo = subprocess.Popen(
        [*COMMAND, '--output', tmp_path, '--checkpoint', small_checkpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, handler),
    )
    children = []
    while len(children) < 2 and demo.poll() is None:
        children = Path(f'/proc/{demo.pid}/task/{demo.pid}/children').read_text().split()
        time.sleep(0.01)
    demo.send_signal(number)
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == code, output
    assert 'Traceback' not in output
    assert len(children) == 2
    assert not [child for child in children if Path(f'/proc/{child}').exists()]


def test_a_source_that_does_not_say_what_it_published_is_an_error(tmp_path):
    (tmp_path / 'log.txt').write_bytes(b'\xff killed')
    with pytest.raises(DemoError, match='published N images'):
        read_published(tmp_path / 'log.txt')


def make_recorder(**changes: object) -> Any:
    """Stand in for a recorder at the end of a run."""
    counts = {
        'lost in transport': '0',
        'received': '2',
        'processed': '2',
        'dropped': '0',
        'age p50 (ms)': '1',
    }
    recorder = SimpleNamespace(
        status={**counts, 'age p50 (ms)': '1', 'age p95 (ms)': '2'},
        shots=[],
        count=1,
        compared=0,
        rate=math.nan,
        matrix=ConfusionMatrix(11),
        has_truth=True,
        is_comparable=False,
    )
    vars(recorder).update(changes)
    return recorder


def test_what_is_not_known_is_said():
    table = dict(describe_run(make_recorder(), 3))
    assert table['not received, other'] == '1'
    assert table['rate'] == 'unknown'
    assert table['mIoU'] == 'no truth for these classes'
    assert dict(describe_run(make_recorder(has_truth=False), 2))['mIoU'] == 'no truth'


def test_no_overlay_is_told(tmp_path):
    with pytest.raises(DemoError, match='found none'):
        write_report(make_recorder(), 2, tmp_path)


def test_a_contact_sheet_that_cannot_be_written_is_told(tmp_path):
    shots = [np.zeros((30, 40, 3), np.uint8)]
    with pytest.raises(DemoError, match='contact_sheet'):
        write_report(make_recorder(shots=shots), 2, tmp_path / 'missing')


def test_a_video_keeps_the_size_of_its_first_image_made_even(tmp_path):
    video = OverlayVideo(tmp_path / 'overlay.mp4')
    for size in ((47, 63), (20, 30), (47, 63)):
        video.write(np.full((*size, 3), 200, np.uint8))
    video.close()
    capture = cv2.VideoCapture(str(tmp_path / 'overlay.mp4'))
    images = [capture.read()[1] for _ in range(3)]
    assert [image.shape for image in images] == [(46, 62, 3)] * 3
    assert all(abs(image.mean() - 200) < 5 for image in images)
    assert not capture.read()[0]


def test_a_video_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(DemoError, match='video'):
        OverlayVideo(tmp_path / 'missing' / 'overlay.mp4').write(np.zeros((32, 32, 3), np.uint8))


def test_classes_without_truth_do_not_stop_the_recorder(tmp_path):
    with Recorder(tmp_path / 'overlay.mp4') as recorder:
        truth = make_image(np.zeros((2, 3), np.uint8), 'mono8', stamp_ns=5)
        recorder._keep_truth(truth)
        recorder._compare(make_image(np.full((2, 3), 36, np.uint8), 'mono8', stamp_ns=5))
        assert (recorder.count, recorder.compared) == (1, 0)
        assert not recorder.matrix.counts.any()
        recorder.status['classes'] = 'this, that'
        assert not recorder.is_comparable
        recorder.status['classes'] = ', '.join(load_label_set('camvid').names)
        assert recorder.is_comparable


@pytest.mark.parametrize(('count', 'rows'), [(1, 1), (3, 1), (4, 2), (12, 4), (40, ROWS)])
def test_tiles_fill_rows_and_keep_their_order(count, rows):
    images = [np.full((30, 40, 3), 5 * number, np.uint8) for number in range(count)]
    sheet = arrange_tiles(images)
    height = TILE_WIDTH * 30 // 40
    assert sheet.shape == (rows * height, COLUMNS * TILE_WIDTH, 3)
    assert sheet[0, 0, 0] == 0
    shown = sheet[height // 2 :: height, TILE_WIDTH // 2 :: TILE_WIDTH, 0].ravel()
    shown = shown[: min(count, COLUMNS * ROWS)].astype(int)
    assert shown[-1] == 5 * (count - 1)
    assert (np.diff(shown) > 0).all()
