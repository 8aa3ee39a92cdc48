"""
Program that runs the node with a stand-in for the network.

It takes its time and fails as planned, and writes one JSON line per image to standard output:
when it was begun (``time.monotonic``, the same clock in every process of a host), the value of
its first pixel, the outputs asked for and the checkpoint that was loaded.

It runs in the folder ``checkpoints``, whose files have no weights, because their names say all:
``broken`` is refused, ``other`` has other classes, ``slow`` takes a second to load.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Sequence
import importlib.abc
import json
import os
from pathlib import Path
import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.selection import Selection
from segnet_ros.node.segnet_node import main

CHECKPOINTS = Path(__file__).with_name('checkpoints')
FAILURES = {
    'ValueError': ValueError,
    'FileNotFoundError': FileNotFoundError,
    'RuntimeError': RuntimeError,
    'OutOfMemoryError': type('OutOfMemoryError', (RuntimeError,), {}),  # as PyTorch has it
}


def say(line: str) -> None:
    """Write a whole line at once: print would let a log line of another thread in between."""
    sys.stdout.write(f'{line}\n')
    sys.stdout.flush()


class DelayPredictor:
    """
    Answer after a fixed time.

    label: the red channel of the image; confidence: 255 minus it; color: the image with its
    channels reversed; overlay: the image times the opacity; uncertainty: its green channel.
    """

    device = 'cpu'
    hardware_id = 'stand-in'
    precision = 'fp32'
    input_size = (48, 64)
    num_parameters = 0

    def __init__(self, plan: argparse.Namespace, checkpoint: str) -> None:
        names = ('these', 'those') if checkpoint == 'other' else ('this', 'that')
        self.label_set = SimpleNamespace(name='stand-in', num_classes=2, names=names)
        self._checkpoint = checkpoint
        self._plan = plan
        self._number = 0
        self.can_be_sampled = plan.dropout
        self.device_ms = 0.25 if plan.gpu else None

    def measure_memory(self) -> dict[str, int]:
        """Have the memory of a GPU, if so planned."""
        return {'allocated': 1_500_000, 'free': 2_000_000_000} if self._plan.gpu else {}

    def warm_up(self) -> None:
        """Take the planned time."""
        say('warming up')
        time.sleep(self._plan.warm_up)

    def find_batch(self, most: int) -> int:
        """Take as many images at once as there are cameras, if so planned."""
        return most if self._plan.batches else 1

    def predict_batch(
        self,
        images: Sequence[NDArray[np.uint8]],
        outputs: tuple[str, ...],
        overlay_opacity: float,
        output_size: tuple[int, int] | None,
        selection: Selection,
        mc_samples: int,
    ) -> list[SimpleNamespace]:
        """Report each image, wait once, answer."""
        for image in images:
            self._number += 1
            report = {
                'start': time.monotonic(),
                'pixel': image[0, 0].tolist(),
                'outputs': outputs,
                'checkpoint': self._checkpoint,
                'selection': [selection.class_ids, selection.min_confidence],
                'batch': len(images),
                'mc_samples': mc_samples,
            }
            say(json.dumps(report))
            if self._number in self._plan.fail_at:
                raise FAILURES[self._plan.fail_with]('planned failure')
        time.sleep(self._plan.delay)
        return [self._answer(image, outputs, overlay_opacity, output_size) for image in images]

    def _answer(
        self,
        image: NDArray[np.uint8],
        outputs: tuple[str, ...],
        overlay_opacity: float,
        output_size: tuple[int, int] | None,
    ) -> SimpleNamespace:
        if output_size:
            image = np.resize(image, (*output_size, 3))
        # Only what is asked for: it must not take longer than planned.
        answers: dict[str, Callable[[], NDArray[np.uint8]]] = {
            'label': lambda: image[..., 0],
            'confidence': lambda: 255 - image[..., 0],
            'color': lambda: image[..., ::-1],
            'overlay': lambda: (image * overlay_opacity).astype(np.uint8),
            'uncertainty': lambda: image[..., 1],
        }
        return SimpleNamespace(**{name: answers[name]() for name in outputs})


class SlowImport(importlib.abc.MetaPathFinder):
    """Say when the node begins to import ROS, and take the planned time."""

    def __init__(self, duration_s: float) -> None:
        self._duration_s = duration_s

    def find_spec(self, name: str, *_: Any) -> None:
        """Find nothing, which leaves it to the others."""
        if name == 'rclpy':
            say('importing')
            time.sleep(self._duration_s)


def parse_plan() -> tuple[argparse.Namespace, list[str]]:
    """Split the command line into the plan and the node's own arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--import', type=float, default=0.0, dest='imports', help='seconds')
    parser.add_argument('--load', type=float, default=0.0, help='seconds')
    parser.add_argument('--warm-up', type=float, default=0.0, help='seconds')
    parser.add_argument('--delay', type=float, default=0.0, help='seconds per image')
    parser.add_argument('--fail-load', choices=FAILURES, help='raise this while loading')
    parser.add_argument('--dropout', action='store_true', help='a network that can be sampled')
    parser.add_argument('--batches', action='store_true', help='images of all cameras at once')
    parser.add_argument('--gpu', action='store_true', help='tell of time and memory of a GPU')
    parser.add_argument(
        '--fail-at', type=int, nargs='+', default=(), help='raise at these images, from 1'
    )
    parser.add_argument('--fail-with', choices=FAILURES, default='RuntimeError')
    parser.add_argument('--without', nargs='+', default=(), help='modules that are not installed')
    plan, node_args = parser.parse_known_args()
    return plan, [sys.argv[0], *node_args]


def run() -> None:
    """Run the node as planned."""
    plan, node_args = parse_plan()
    os.chdir(CHECKPOINTS)
    sys.meta_path.insert(0, SlowImport(plan.imports))
    sys.modules.update(dict.fromkeys(plan.without))  # None: an ImportError, as if it were absent

    def load(*args: Any, **options: Any) -> DelayPredictor:
        say('loading ' + json.dumps([*args, options]))
        time.sleep(1.0 if args[0] == 'slow' else plan.load)
        if plan.fail_load or args[0] == 'broken':
            failure = FAILURES[plan.fail_load or 'ValueError']
            raise failure('expected a checkpoint, found a fish; give another one')
        return DelayPredictor(plan, args[0])

    main(node_args, predictor_factory=load)


if __name__ == '__main__':
    run()
