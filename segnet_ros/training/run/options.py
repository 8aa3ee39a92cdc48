"""The options of ``segnet_train``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from segnet_ros.commands.command import add_data_option
from segnet_ros.commands.command import parse_natural
from segnet_ros.commands.command import parse_positive
from segnet_ros.core.registry import make_config
from segnet_ros.core.registry import MODULES
from segnet_ros.training.data.augmentation import AUGMENTATIONS
from segnet_ros.training.measurement.evaluation import METRICS
from segnet_ros.training.run.recipes import fill_in
from segnet_ros.training.run.recipes import list_defaults
from segnet_ros.training.run.recipes import RECIPES
from segnet_ros.training.run.run_options import add_choice
from segnet_ros.training.run.run_options import add_length_options
from segnet_ros.training.run.run_options import add_run_options
from segnet_ros.training.run.run_options import add_size_options
from segnet_ros.training.run.run_options import add_solver_options
from segnet_ros.training.run.run_options import check_run_options
from segnet_ros.training.run.run_options import fill_in_length
from segnet_ros.training.step.loss import CLASS_WEIGHTS

EPOCHS = 100


def make_parser() -> argparse.ArgumentParser:
    """Declare every option once, with its default."""
    parser = argparse.ArgumentParser(
        'segnet_train',
        description='Train a SegNet. Writes OUTPUT/checkpoint.safetensors for node, evaluation'
        ' and prediction, OUTPUT/state.pt to resume, and logs for TensorBoard.',
    )
    _add_data_options(parser.add_argument_group('data'))
    network = parser.add_argument_group('network')
    network.add_argument(
        '--model',
        choices=MODULES,
        default='segnet',
        metavar='NAME',
        help=f'which network: {", ".join(MODULES)} (%(default)s)',
    )
    _add_first_weights_options(network)
    add_size_options(network, (360, 480), 'training and input size')
    recipe = parser.add_argument_group('recipe')
    _add_recipe_options(recipe)
    add_solver_options(recipe, list_defaults())
    _add_batch_options(recipe)
    run = parser.add_argument_group('run')
    add_run_options(run, is_output_required=False)
    add_choice(run, 'metric', METRICS, 'by which best.safetensors is kept', list_defaults())
    return parser


def check_options(options: argparse.Namespace) -> None:
    """
    Refuse what cannot work, before any work is done.

    :raises ValueError: with what was expected, found and to do
    :raises FileExistsError: if there is a run already, or none to resume
    """
    if not options.output:
        raise ValueError('expected --output DIR, where the results go, got none')
    if not options.data and not options.scenes:
        raise ValueError('expected --data DIR or --scenes N to train on, got neither')
    if options.hold_out is not None and not options.data:
        raise ValueError('expected --data DIR with --hold-out, got none')
    if options.scenes and options.label_set != 'camvid':
        raise ValueError(
            f"expected label set 'camvid' with --scenes, got '{options.label_set}';"
            ' rendered scenes have the classes of CamVid'
        )
    check_run_options(options)


def fill_in_defaults(options: argparse.Namespace) -> None:
    """Replace None by the defaults that depend on other options."""
    fill_in_length(options, EPOCHS)
    fill_in(options, asdict(RECIPES[options.recipe]))
    options.widths = options.widths or list(make_config(options.model, {}).widths)


def _add_data_options(group: argparse._ArgumentGroup) -> None:
    data = group.add_mutually_exclusive_group()
    add_data_option(data, '; without it, rendered scenes alone')
    data.add_argument(
        '--check',
        type=Path,
        metavar='DIR',
        help='report on a data set in place of training: what is wrong, what is in it, and a'
        ' contact sheet; the exit code is 0 if it can be trained on',
    )
    add = group.add_argument
    add(
        '--split',
        nargs='+',
        default=['train'],
        metavar='NAME',
        help='parts to train on (train)',
    )
    validation = group.add_mutually_exclusive_group()
    validation.add_argument(
        '--val-split', default='val', metavar='NAME', help='part to validate on (%(default)s)'
    )
    validation.add_argument(
        '--hold-out',
        metavar='START',
        help='of --split, validate on the images whose names start so, and train on the others,'
        ' in place of --val-split; for images of a video hold out whole drives, because neighbors'
        ' are almost the same image',
    )
    add('--label-set', default='camvid', help='name or YAML file (%(default)s)')
    add(
        '--scenes',
        type=parse_natural,
        default=0,
        metavar='N',
        help='rendered street scenes (camvid classes) mixed into each epoch (%(default)s)',
    )


def _add_first_weights_options(group: argparse._ArgumentGroup) -> None:
    first = group.add_mutually_exclusive_group()
    first.add_argument(
        '--init',
        metavar='FILE',
        help='start from the weights of this checkpoint, all but the classifier where the classes'
        ' differ',
    )
    first.add_argument(
        '--encoder',
        metavar='NAME|FILE',
        help="start from an encoder: vgg16 or vgg16_bn for torchvision's weights from ImageNet"
        ' (downloaded), a file of these, or one of segnet_pretrain',
    )


def _add_recipe_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--recipe',
        choices=sorted(RECIPES),
        default='strong',
        help='sets what is not given of the options below (%(default)s)',
    )
    add_length_options(group, EPOCHS)
    group.add_argument(
        '--progressive', action='store_true', help='begin at half the size, grow in steps'
    )
    defaults = list_defaults()
    add_choice(group, 'augmentation', AUGMENTATIONS, 'how samples are varied', defaults)
    add_choice(group, 'class_weights', CLASS_WEIGHTS, 'balancing by median frequency', defaults)


def _add_batch_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        '--accumulate',
        type=parse_positive,
        default=1,
        metavar='N',
        help='compute each batch in N parts, one after the other, to save memory (%(default)s)',
    )
    add(
        '--freeze-batch-norm',
        action='store_true',
        help='use the running statistics of --init and leave them, for tiny batches',
    )
    add(
        '--recompute-batch-norm',
        action=argparse.BooleanOptionalAction,
        help='measure with statistics computed anew over the training set (paper yes, strong no)',
    )
