"""Measure a checkpoint on a labeled data set: ``segnet_evaluate``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
from typing import Any

import numpy as np
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.command import add_checkpoint_options
from segnet_ros.training.command import add_data_option
from segnet_ros.training.command import parse_positive
from segnet_ros.training.command import parse_size
from segnet_ros.training.command import run_command
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.dataset import Samples
from segnet_ros.training.distributed import World
from tqdm import tqdm

SCENE_SIZE = (360, 480)
"""Height and width of rendered scenes for evaluation: that of CamVid's images."""


def evaluate(
    predictor: Predictor, samples: Samples, world: World | None = None
) -> ConfusionMatrix:
    """
    Predict every image and compare with its label image, at the label's size.

    :param predictor: its label set is the one of the samples
    :param samples: images with labels
    :param world: whose ranks share the work; all of them get the result
    :return: one confusion matrix over all
    """
    world = world or World()
    matrix = ConfusionMatrix(predictor.label_set.num_classes)
    indices = world.share(len(samples))
    for index in tqdm(indices, 'evaluate', unit='image', leave=False, disable=not world.is_first):
        image, truth = samples[index]
        label = predictor.predict(image).label
        assert label is not None
        matrix.update(label, truth)
    matrix.counts = sum(world.gather(matrix.counts), np.zeros_like(matrix.counts))
    return matrix


def summarize(matrix: ConfusionMatrix, label_set: LabelSet) -> dict[str, Any]:
    """
    Put the metrics into plain values, as ``--json`` writes them.

    :return: fractions; None where nothing was labeled, or a class does not occur
    """
    return {
        'miou': _make_plain(matrix.miou),
        'global_accuracy': _make_plain(matrix.global_accuracy),
        'class_accuracy': _make_plain(matrix.class_accuracy),
        'iou': {
            name: _make_plain(iou) for name, iou in zip(label_set.names, matrix.iou, strict=True)
        },
    }


def _make_plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input."""
    return run_command(_make_parser(), _evaluate, args)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_evaluate', description='Measure a checkpoint on images with labels.'
    )
    data = parser.add_mutually_exclusive_group(required=True)
    add_data_option(data)
    data.add_argument(
        '--scenes',
        type=parse_positive,
        metavar='N',
        help='N rendered street scenes in place of a data set',
    )
    parser.add_argument('--split', default='val', help='which part of the data set (%(default)s)')
    add_checkpoint_options(parser)
    parser.add_argument(
        '--input-size', type=parse_size, metavar='HxW', help="network's input (checkpoint's)"
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='also write the metrics here')
    return parser


def _evaluate(options: argparse.Namespace) -> None:
    predictor = Predictor.from_checkpoint(
        options.checkpoint, options.device, options.precision, options.input_size
    )
    samples = _open_samples(options, predictor.label_set)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
    metrics = summarize(evaluate(predictor, samples), predictor.label_set)
    _print_metrics(metrics)
    print(f'{len(samples)} images, {predictor.device}, {predictor.precision}')
    if options.json:
        options.json.write_text(json.dumps(metrics, indent=2) + '\n', encoding='utf-8')


def _open_samples(options: argparse.Namespace, label_set: LabelSet) -> Samples:
    if options.data:
        return LabeledFolder(options.data, options.split, label_set)
    expected = load_label_set('camvid').names
    if label_set.names != expected:
        raise ValueError(
            'expected a checkpoint with the classes of CamVid for --scenes, found those of'
            f" '{label_set.name}'; use --data"
        )
    return RenderedScenes(options.scenes, SCENE_SIZE)


def _print_metrics(metrics: dict[str, Any]) -> None:
    for name, iou in metrics['iou'].items():
        print(f'IoU {name:<12} {format_fraction(iou)}')
    for key, name in (
        ('miou', 'mIoU'),
        ('global_accuracy', 'global accuracy'),
        ('class_accuracy', 'class accuracy'),
    ):
        print(f'{name:<16} {format_fraction(metrics[key])}')


def format_fraction(fraction: float | None) -> str:
    """Write a fraction in percent."""
    return 'absent' if fraction is None else f'{100 * fraction:.2f}'


if __name__ == '__main__':
    sys.exit(main())
