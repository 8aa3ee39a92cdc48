"""What the demo shows at its end: a table and a contact sheet."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.recorder import Recorder

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
    """
    for name, value in describe_run(recorder, published):
        print(f'  {name:<22} {value}')
    sheet = arrange_tiles(recorder.shots)
    path = output / 'contact_sheet.png'
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    print(f'Look at {path} and {output / "overlay.mp4"}')


def describe_run(recorder: Recorder, published: int) -> list[tuple[str, str]]:
    """
    Collect the lines of the table.

    :return: names and values
    """
    status = recorder.status
    dropped = [(f'  {key}', value) for key, value in status.items() if key.startswith('dropped: ')]
    miou = recorder.matrix.miou
    compared = recorder.matrix.counts.sum() > 0
    return [
        ('published', str(published)),
        ('lost in transport', str(published - int(status['received']))),
        ('received', status['received']),
        ('processed', status['processed']),
        ('dropped', status['dropped']),
        *dropped,
        ('rate', f'{recorder.rate:.2f} per second'),
        ('age p50, p95', f'{status["age p50 (ms)"]} ms, {status["age p95 (ms)"]} ms'),
        ('mIoU', f'{100 * miou:.1f} against the rendered truth' if compared else 'no truth'),
    ]


def arrange_tiles(images: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """
    Arrange images, spread evenly over those given, in rows and columns.

    :param images: RGB, uint8 (H, W, 3), all of one size, at least one
    :return: RGB, uint8
    """
    count = min(len(images), COLUMNS * ROWS)
    chosen = [images[round(n)] for n in np.linspace(0, len(images) - 1, count)]
    height = round(TILE_WIDTH * images[0].shape[0] / images[0].shape[1])
    tiles = [
        cv2.resize(image, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA) for image in chosen
    ]
    empty = np.zeros((height, TILE_WIDTH, 3), np.uint8)
    tiles += [empty] * (-count % COLUMNS)
    rows = [np.hstack(tiles[n : n + COLUMNS]) for n in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)
