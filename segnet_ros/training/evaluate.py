"""Measure a checkpoint on a labeled data set: ``segnet_evaluate``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
from typing import Any

import numpy as np
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.command import add_checkpoint_options
from segnet_ros.training.command import add_data_option
from segnet_ros.training.command import parse_size
from segnet_ros.training.command import run_command
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.dataset import Samples
from tqdm import tqdm

SCENE_SIZE = (360, 480)
"""Height and width of rendered scenes for evaluation: that of CamVid's images."""


def evaluate(predictor: Predictor, samples: Samples) -> ConfusionMatrix:
    """
    Predict every image and compare with its label image, at the label's size.

    :param predictor: its label set is the one of the samples
    :param samples: images with labels
    :return: one confusion matrix over all
    """
    matrix = ConfusionMatrix(predictor.label_set.num_classes)
    for index in tqdm(range(len(samples)), 'evaluate', unit='image', leave=False):
        image, truth = samples[index]
        label = predictor.predict(image).label
        assert label is not None
        matrix.update(label, truth)
    return matrix


def summarize(matrix: ConfusionMatrix, label_set: LabelSet) -> dict[str, Any]:
    """
    Put the metrics into plain values, as ``--json`` writes them.

    :return: fractions; None for a class that does not occur
    """
    return {
        'miou': matrix.miou,
        'global_accuracy': matrix.global_accuracy,
        'class_accuracy': matrix.class_accuracy,
        'iou': {
            name: None if np.isnan(iou) else float(iou)
            for name, iou in zip(label_set.names, matrix.iou, strict=True)
        },
    }


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
        '--scenes', type=int, metavar='N', help='N rendered street scenes in place of a data set'
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
    samples: Samples
    if options.data:
        samples = LabeledFolder(options.data, options.split, predictor.label_set)
    else:
        samples = RenderedScenes(options.scenes, SCENE_SIZE)
    if not len(samples):
        raise ValueError(f'expected at least one image, got --scenes {options.scenes}')
    metrics = summarize(evaluate(predictor, samples), predictor.label_set)
    for name, iou in metrics['iou'].items():
        print(f'IoU {name:<12} {"absent" if iou is None else f"{100 * iou:6.2f}"}')
    for key, name in (
        ('miou', 'mIoU'),
        ('global_accuracy', 'global accuracy'),
        ('class_accuracy', 'class accuracy'),
    ):
        print(f'{name:<16} {100 * metrics[key]:6.2f}')
    print(f'{len(samples)} images, {predictor.device}, {predictor.precision}')
    if options.json:
        options.json.write_text(json.dumps(metrics, indent=2) + '\n', encoding='utf-8')


if __name__ == '__main__':
    sys.exit(main())
