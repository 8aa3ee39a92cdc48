"""Data sets and runs of segnet_train for the tests: small ones, in this process or their own."""

import csv
import os
from pathlib import Path
import subprocess
import sys

import cv2
from safetensors.torch import load_file
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.train import main
import torch

SIZE = (48, 64)
SMALL = [
    '--size',
    '48x64',
    '--widths',
    '4',
    '4',
    '4',
    '4',
    '4',
    '--batch-size',
    '2',
    '--workers',
    '0',
    '--device',
    'cpu',
    '--validate-every',
    '1',
]


def write_pair(
    image_path: Path,
    label_path: Path,
    seed: int,
    unlabeled: int = 2,
    size: tuple[int, int] = SIZE,
) -> None:
    """Write a rendered scene as an image and a label image, with so many rows unlabeled."""
    image, label = render_scene(seed, size=size)
    label = label.copy()
    label[:unlabeled] = 11  # unlabeled in CamVid's files
    for path, pixels in (
        (image_path, cv2.cvtColor(image, cv2.COLOR_RGB2BGR)),
        (label_path, label),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), pixels)


def train(data: Path, output: Path, *more: str) -> int:
    return main(['--data', str(data), '--output', str(output), *SMALL, *more])


def start(data: Path, output: Path, *more: str, session: bool = False) -> 'subprocess.Popen[str]':
    command = [
        sys.executable,
        '-m',
        'segnet_ros.training.train',
        '--data',
        str(data),
        '--output',
        str(output),
        *SMALL,
        *more,
    ]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ, start_new_session=session
    )


def wait_for_steps(process: 'subprocess.Popen[str]', count: int = 1) -> None:
    """Wait until the progress bar has shown a loss so many times."""
    shown = ''
    while shown.count('loss') < count:
        character = process.stderr.read(1)
        assert character, f'ended before its step: {shown}'
        shown += character


def assert_same_weights(*outputs: Path) -> None:
    for name in ('checkpoint.safetensors', 'best.safetensors'):
        one, other = (load_file(output / name) for output in outputs)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)


def read_table(output: Path) -> list[dict[str, str]]:
    """Read what does not depend on the clock."""
    with open(output / 'history.csv', newline='') as file:
        return [row | {'minutes': ''} for row in csv.DictReader(file)]
