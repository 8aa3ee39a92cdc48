"""The demo, whole: source and node as processes, a recorder, a table, a video, pictures."""

import os
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('torch', reason='needs PyTorch')

from segnet_ros.node.report import arrange_tiles
from segnet_ros.node.report import COLUMNS
from segnet_ros.node.report import ROWS
from segnet_ros.node.report import TILE_WIDTH


def run_demo(*arguments: object) -> 'subprocess.CompletedProcess[str]':
    command = [sys.executable, '-m', 'segnet_ros.node.demo', *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=180, env=os.environ, check=False
    )


def read_table(output: str) -> dict[str, str]:
    lines = (re.split(r'\s{2,}', line.strip(), maxsplit=1) for line in output.splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2}


@pytest.mark.ros
def test_scenes_become_a_table_a_video_and_a_contact_sheet(small_checkpoint, tmp_path):
    result = run_demo('--seconds', 2, '--output', tmp_path, '--checkpoint', small_checkpoint)

    assert result.returncode == 0, result.stderr
    table = read_table(result.stdout)
    assert table['published'] == '60'
    assert int(table['received']) + int(table['lost in transport']) == 60
    assert int(table['received']) == int(table['processed']) + int(table['dropped'])
    assert int(table['processed']) >= 1
    assert re.match(r'\d+\.\d against the rendered truth', table['mIoU'])
    capture = cv2.VideoCapture(str(tmp_path / 'overlay.mp4'))
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == 640
    assert cv2.imread(str(tmp_path / 'contact_sheet.png')).shape[1] == COLUMNS * TILE_WIDTH


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
