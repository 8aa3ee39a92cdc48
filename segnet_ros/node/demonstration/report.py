"""What the demo shows at its end: a table and a contact sheet."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.demonstration.errors import DemoError
from segnet_ros.node.demonstration.recorder import Recorder
from segnet_ros.node.trial.table import format_rate
from segnet_ros.node.trial.table import format_rows
from segnet_ros.node.trial.tally import DROPPED
from segnet_ros.node.trial.tally import read_tally

COLUMNS, ROWS = 3, 4
"""Overlays on the contact sheet."""
TILE_WIDTH = 480
"""Pixels."""


def write_report(recorder: Recorder, published: int, output: Path) -> None:
    """
    Print the table and write the contact sheet.

    :param recorder: after the recording
    :param published: images that the source says it published
    :param output: folder
    :raises DemoError: if there are no overlays, or they cannot be written
    """
    print(format_rows(describe_run(recorder, published)))
    if not recorder.shots:
        raise DemoError('expected overlays of segnet_node, found none: there is nothing to show')
    sheet = arrange_tiles(recorder.shots)
    path = output / 'contact_sheet.png'
    if not cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)):
        raise DemoError(f"expected to write '{path}', found that OpenCV cannot; check the folder")
    print(f'Look at {path} and {output / "overlay.mp4"}')


def describe_run(recorder: Recorder, published: int) -> list[tuple[str, str]]:
    """
    Collect the lines of the table.

    :return: names and values
    """
    status = recorder.status
    tally = read_tally(status, published, recorder.count)
    others = tally.not_received
    return [
        ('published', str(published)),
        ('lost in transport', status['lost in transport']),
        ('not received, other', f'up to {others}' if tally.lost is None else str(others)),
        ('received', str(tally.received)),
        ('processed', str(tally.processed)),
        ('dropped', status['dropped']),
        *((f'  {DROPPED}{reason}', str(number)) for reason, number in tally.dropped.items()),
        ('recorded', str(tally.recorded)),
        ('rate', format_rate(recorder.rate)),
        ('age p50, p95', f'{status["age p50 (ms)"]} ms, {status["age p95 (ms)"]} ms'),
        ('mIoU', _describe_miou(recorder)),
    ]


def _describe_miou(recorder: Recorder) -> str:
    if recorder.has_truth and not recorder.is_comparable:
        return 'no truth for these classes'
    if not recorder.matrix.counts.any():
        return 'no truth'
    miou = 100 * recorder.matrix.miou
    return f'{miou:.1f} against the rendered truth of {recorder.compared} images'


def arrange_tiles(images: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """
    Arrange images, spread evenly over those given, in rows and columns.

    :param images: RGB, uint8 (H, W, 3), shown at the ratio of the first, at least one
    :return: RGB, uint8
    """
    count = min(len(images), COLUMNS * ROWS)
    chosen = [images[round(n)] for n in np.linspace(0, len(images) - 1, count)]
    height = max(1, round(TILE_WIDTH * images[0].shape[0] / images[0].shape[1]))
    tiles = [
        cv2.resize(image, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA) for image in chosen
    ]
    empty = np.zeros((height, TILE_WIDTH, 3), np.uint8)
    tiles += [empty] * (-count % COLUMNS)
    rows = [np.hstack(tiles[n : n + COLUMNS]) for n in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)
