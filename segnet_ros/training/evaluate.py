"""Measure a checkpoint on a labeled data set: ``segnet_evaluate``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys

from segnet_ros.commands.command import add_checkpoint_options
from segnet_ros.commands.command import parse_natural
from segnet_ros.commands.command import parse_size
from segnet_ros.commands.command import run_command
from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.data.fingerprints import count_seen
from segnet_ros.training.data.fingerprints import describe_seen
from segnet_ros.training.measurement.augmented_predictor import AugmentedPredictor
from segnet_ros.training.measurement.calibration import UncertainPredictor
from segnet_ros.training.measurement.calibration_picture import save_calibration_picture
from segnet_ros.training.measurement.confusion_picture import save_confusion_picture
from segnet_ros.training.measurement.evaluation import AnyPredictor
from segnet_ros.training.measurement.evaluation import evaluate
from segnet_ros.training.measurement.evaluation import format_table
from segnet_ros.training.measurement.evaluation import summarize
from segnet_ros.training.measurement.pictures import check_matplotlib
from segnet_ros.training.measurement.sample_options import add_sample_options
from segnet_ros.training.measurement.sample_options import describe_samples
from segnet_ros.training.measurement.sample_options import open_samples
import torch


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input."""
    return run_command(_make_parser(), _evaluate, args)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_evaluate', description='Measure a checkpoint on images with labels.'
    )
    add_sample_options(parser)
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
    _add_uncertainty_options(parser)
    return parser


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


def _add_uncertainty_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--mc-samples',
        type=parse_natural,
        metavar='N',
        help='average N samples of the dropout of a network that has any, such as'
        " bayesian-segnet, and measure how well it knows when it is wrong; 0 for a network's"
        ' softmax without samples',
    )
    parser.add_argument(
        '--calibration',
        type=_parse_png,
        metavar='FILE.png',
        help='with --mc-samples, also draw accuracy against confidence and uncertainty here (needs'
        ' matplotlib)',
    )
    parser.add_argument(
        '--seed', type=parse_natural, default=0, help='of the samples (%(default)s)'
    )


def _parse_png(text: str) -> Path:
    if Path(text).suffix.lower() != '.png':
        raise argparse.ArgumentTypeError(f"expected the name of a PNG file, got '{text}'")
    return Path(text)


def _evaluate(options: argparse.Namespace) -> None:
    if options.confusion or options.calibration:
        check_matplotlib()
    _check_uncertainty_options(options)
    torch.manual_seed(options.seed)
    predictor = Predictor.from_checkpoint(
        options.checkpoint, options.device, options.precision, options.input_size
    )
    label_set = predictor.label_set
    samples = open_samples(options, label_set)
    for path in filter(None, (options.json, options.confusion, options.calibration)):
        path.parent.mkdir(parents=True, exist_ok=True)
    evaluation = evaluate(_choose_predictor(predictor, options), samples)
    metrics = summarize(evaluation, label_set)
    print(format_table(metrics))
    seen = count_seen(samples.pairs, predictor.provenance)
    conditions = _describe_conditions(options, predictor, len(samples), seen)
    print(conditions)
    if options.json:
        metrics |= {'seen_in_training': seen, 'conditions': conditions}
        options.json.write_text(json.dumps(metrics, indent=2) + '\n', encoding='utf-8')
    if options.confusion:
        save_confusion_picture(options.confusion, evaluation.matrix.counts, label_set.names)
    if options.calibration:
        save_calibration_picture(options.calibration, evaluation.calibration)


def _check_uncertainty_options(options: argparse.Namespace) -> None:
    if options.calibration and options.mc_samples is None:
        raise ValueError('expected --mc-samples N with --calibration, got none')
    if options.mc_samples is not None and (options.flip or options.scales != [1]):
        raise ValueError('expected --mc-samples without --flip and --scales, got both')


def _choose_predictor(predictor: Predictor, options: argparse.Namespace) -> AnyPredictor:
    if options.mc_samples is not None:
        return UncertainPredictor(predictor, options.mc_samples)
    if not options.flip and options.scales == [1]:
        return predictor
    return AugmentedPredictor(predictor, options.flip, options.scales)


def _describe_conditions(
    options: argparse.Namespace, predictor: Predictor, count: int, seen: int | None
) -> str:
    """Say what the numbers are of, in a line."""
    height, width = predictor.input_size
    scales = ' '.join(f'{scale:g}' for scale in options.scales)
    samples = f', {options.mc_samples} samples' if options.mc_samples else ''
    return (
        f'{count} images ({describe_samples(options)}), {describe_seen(seen, count)},'
        f' {predictor.device}, {predictor.precision},'
        f' input {height}x{width}, {"with" if options.flip else "without"} flips, scales {scales}'
        f'{samples}'
    )


if __name__ == '__main__':
    sys.exit(main())
