"""Measure a checkpoint on a labeled data set: ``segnet_evaluate``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

import numpy as np
from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.boundary import BoundaryF1
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.augmented_predictor import AugmentedPredictor
from segnet_ros.training.command import add_checkpoint_options
from segnet_ros.training.command import add_data_option
from segnet_ros.training.command import parse_positive
from segnet_ros.training.command import parse_size
from segnet_ros.training.command import run_command
from segnet_ros.training.confusion_picture import check_matplotlib
from segnet_ros.training.confusion_picture import save_confusion_picture
from segnet_ros.training.dataset import open_labeled_images
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.dataset import Samples
from segnet_ros.training.distributed import World
from tqdm import tqdm

SCENE_SIZE = (360, 480)
"""Height and width of rendered scenes for evaluation: that of CamVid's images."""
METRICS = ('miou', 'global_accuracy', 'class_accuracy', 'bf')
"""Of those in :func:`summarize` the fractions of all classes together."""


@dataclass
class Evaluation:
    """What was measured over any number of images."""

    matrix: ConfusionMatrix
    boundary: BoundaryF1
    images: int = 0

    def add(self, other: Evaluation) -> None:
        """Add what was measured on other images."""
        self.matrix.counts += other.matrix.counts
        self.boundary.merge(other.boundary)
        self.images += other.images


def evaluate(
    predictor: Predictor | AugmentedPredictor, samples: Samples, world: World | None = None
) -> Evaluation:
    """
    Predict every image and compare with its label image, at the label's size.

    :param predictor: its label set is the one of the samples
    :param samples: images with labels
    :param world: whose ranks share the images; all of them get the same result, exactly that of
        one process
    """
    world = world or World()
    part = _start_evaluation(predictor)
    indices = world.share(len(samples))
    for index in tqdm(indices, 'evaluate', unit='image', leave=False, disable=not world.is_first):
        image, truth = samples[index]
        label = predictor.predict(image).label
        assert label is not None
        part.matrix.update(label, truth)
        part.boundary.update(label, truth)
        part.images += 1
    whole = _start_evaluation(predictor)
    for other in world.gather(part):
        whole.add(other)
    return whole


def _start_evaluation(predictor: Predictor | AugmentedPredictor) -> Evaluation:
    return Evaluation(ConfusionMatrix(predictor.label_set.num_classes), BoundaryF1())


def summarize(evaluation: Evaluation, label_set: LabelSet) -> dict[str, Any]:
    """
    Put the metrics into plain values, as ``--json`` writes them.

    :return: fractions; None where nothing was labeled, or a class does not occur
    """
    matrix = evaluation.matrix
    by_class = {'iou': matrix.iou, 'accuracy': matrix.accuracy, 'share': matrix.share}
    return {
        'images': evaluation.images,
        'miou': _make_plain(matrix.miou),
        'global_accuracy': _make_plain(matrix.global_accuracy),
        'class_accuracy': _make_plain(matrix.class_accuracy),
        'bf': _make_plain(evaluation.boundary.bf),
        **{
            key: dict(zip(label_set.names, map(_make_plain, values), strict=True))
            for key, values in by_class.items()
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
    _add_split_options(parser)
    add_checkpoint_options(parser)
    parser.add_argument(
        '--input-size', type=parse_size, metavar='HxW', help="network's input (checkpoint's)"
    )
    _add_augmentation_options(parser)
    parser.add_argument('--json', type=Path, metavar='FILE', help='also write the metrics here')
    parser.add_argument(
        '--confusion',
        type=_parse_png,
        metavar='FILE.png',
        help='also draw the confusion matrix here (needs matplotlib)',
    )
    return parser


def _add_split_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--split',
        nargs='+',
        default=['val'],
        metavar='NAME',
        help='which parts of the data set (val)',
    )
    parser.add_argument(
        '--only', metavar='START', help='of these, the images whose names start so'
    )


def _add_augmentation_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--flip', action='store_true', help='average with the prediction for the mirror image'
    )
    parser.add_argument(
        '--scales',
        type=parse_positive_number,
        nargs='+',
        default=[1.0],
        metavar='S',
        help="average over these multiples of the network's input, such as 0.75 1 1.25 (1)",
    )


def _parse_png(text: str) -> Path:
    if Path(text).suffix.lower() != '.png':
        raise argparse.ArgumentTypeError(f"expected the name of a PNG file, got '{text}'")
    return Path(text)


def _evaluate(options: argparse.Namespace) -> None:
    if options.confusion:
        check_matplotlib()
    predictor = Predictor.from_checkpoint(
        options.checkpoint, options.device, options.precision, options.input_size
    )
    label_set = predictor.label_set
    samples = _open_samples(options, label_set)
    for path in filter(None, (options.json, options.confusion)):
        path.parent.mkdir(parents=True, exist_ok=True)
    evaluation = evaluate(_augment(predictor, options), samples)
    metrics = summarize(evaluation, label_set)
    print(format_table(metrics))
    print(_describe_conditions(options, predictor, len(samples)))
    if options.json:
        options.json.write_text(json.dumps(metrics, indent=2) + '\n', encoding='utf-8')
    if options.confusion:
        save_confusion_picture(options.confusion, evaluation.matrix.counts, label_set.names)


def _augment(predictor: Predictor, options: argparse.Namespace) -> Predictor | AugmentedPredictor:
    if not options.flip and options.scales == [1]:
        return predictor
    return AugmentedPredictor(predictor, options.flip, options.scales)


def _open_samples(options: argparse.Namespace, label_set: LabelSet) -> Samples:
    if options.data:
        images = open_labeled_images(options.data, options.split, label_set)
        return images.select(options.only) if options.only else images
    expected = load_label_set('camvid').names
    if label_set.names != expected:
        raise ValueError(
            'expected a checkpoint with the classes of CamVid for --scenes, found those of'
            f" '{label_set.name}'; use --data"
        )
    return RenderedScenes(options.scenes, SCENE_SIZE)


def _describe_conditions(options: argparse.Namespace, predictor: Predictor, count: int) -> str:
    """Say what the numbers are of, in a line."""
    images = 'rendered scenes'
    if options.data:
        names = f', names from {options.only}' if options.only else ''
        images = f'{options.data}, {" and ".join(options.split)}{names}'
    height, width = predictor.input_size
    scales = ' '.join(f'{scale:g}' for scale in options.scales)
    return (
        f'{count} images ({images}), {predictor.device}, {predictor.precision},'
        f' input {height}x{width}, {"with" if options.flip else "without"} flips, scales {scales}'
    )


def format_table(metrics: dict[str, Any]) -> str:
    """
    Put metrics into a table, in percent.

    :param metrics: as :func:`summarize` gives them
    """
    totals = {
        'mIoU': 'miou',
        'global accuracy': 'global_accuracy',
        'class accuracy': 'class_accuracy',
        'BF': 'bf',
    }
    width = max(map(len, [*metrics['iou'], *totals]))
    lines = [f'{"in %":<{width}}  {"IoU":>8}  {"accuracy":>8}  {"share":>8}']
    for name in metrics['iou']:
        cells = (format_fraction(metrics[key][name]) for key in ('iou', 'accuracy', 'share'))
        lines.append(f'{name:<{width}}  ' + '  '.join(f'{cell:>8}' for cell in cells))
    lines.append('')
    for name, key in totals.items():
        lines.append(f'{name:<{width}}  {format_fraction(metrics[key]):>8}')
    return '\n'.join(lines)


def format_fraction(fraction: float | None) -> str:
    """Write a fraction in percent."""
    return 'absent' if fraction is None else f'{100 * fraction:.2f}'


if __name__ == '__main__':
    sys.exit(main())
