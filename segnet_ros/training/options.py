"""The options of ``segnet_train``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.model import MIN_SIZE
from segnet_ros.core.model import SegNetConfig
from segnet_ros.training.augmentation import AUGMENTATIONS
from segnet_ros.training.command import add_data_option
from segnet_ros.training.command import parse_natural
from segnet_ros.training.command import parse_positive
from segnet_ros.training.command import parse_size
from segnet_ros.training.history import METRICS
from segnet_ros.training.loss import CLASS_WEIGHTS
from segnet_ros.training.recipes import fill_in_recipe
from segnet_ros.training.recipes import LEARNING_RATES
from segnet_ros.training.recipes import list_defaults
from segnet_ros.training.recipes import RECIPES
from segnet_ros.training.recipes import WEIGHT_DECAYS
from segnet_ros.training.schedule import SCHEDULES
from segnet_ros.training.state import load_length
from segnet_ros.training.state import STATE_NAME

EPOCHS = 100


def make_parser() -> argparse.ArgumentParser:
    """Declare every option once, with its default."""
    parser = argparse.ArgumentParser(
        'segnet_train',
        description='Train a SegNet. Writes OUTPUT/checkpoint.safetensors for node, evaluation'
        ' and prediction, OUTPUT/state.pt to resume, and logs for TensorBoard.',
    )
    _add_data_options(parser.add_argument_group('data'))
    _add_network_options(parser.add_argument_group('network'))
    _add_recipe_options(parser.add_argument_group('recipe'))
    _add_run_options(parser.add_argument_group('run'))
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
    if min(options.size) < MIN_SIZE:
        raise ValueError(
            f'expected a --size of at least {MIN_SIZE} x {MIN_SIZE}, got'
            f' {options.size[0]} x {options.size[1]}'
        )
    if options.scenes and options.label_set != 'camvid':
        raise ValueError(
            f"expected label set 'camvid' with --scenes, got '{options.label_set}';"
            ' rendered scenes have the classes of CamVid'
        )
    if options.resume != (options.output / STATE_NAME).is_file():
        found = 'there is no' if options.resume else 'there is already a'
        raise FileExistsError(
            f'{options.output}: {found} run to resume; use --resume to continue one, another'
            ' --output to start anew'
        )


def fill_in_defaults(options: argparse.Namespace) -> None:
    """Replace None by the defaults that depend on other options."""
    if options.epochs is None and options.minutes is None:
        state = options.output / STATE_NAME
        options.epochs, options.minutes = load_length(state) if options.resume else (EPOCHS, None)
    fill_in_recipe(options)


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
    add('--split', default='train', help='part to train on (%(default)s)')
    add('--val-split', default='val', help='part to validate on (%(default)s)')
    add('--label-set', default='camvid', help='name or YAML file (%(default)s)')
    add(
        '--scenes',
        type=parse_natural,
        default=0,
        metavar='N',
        help='rendered street scenes (camvid classes) mixed into each epoch (%(default)s)',
    )


def _add_network_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        '--init',
        metavar='FILE',
        help='start from the weights of this checkpoint, all but the classifier where the number'
        ' of classes differs',
    )
    add(
        '--widths',
        type=parse_positive,
        nargs=5,
        default=SegNetConfig().widths,
        metavar='C',
        help="channels of the five stages (the paper's 64 128 256 512 512)",
    )
    add(
        '--size',
        type=parse_size,
        default=(360, 480),
        metavar='HxW',
        help='training and input size (360x480)',
    )


def _add_recipe_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        '--recipe',
        choices=sorted(RECIPES),
        default='strong',
        help='sets what is not given of the options below (%(default)s)',
    )
    length = group.add_mutually_exclusive_group()
    length.add_argument('--epochs', type=parse_positive, help=f'length of the run ({EPOCHS})')
    length.add_argument(
        '--minutes',
        type=parse_positive_number,
        help='length of the run; the schedule fits it, the closing validation comes on top',
    )
    add('--progressive', action='store_true', help='begin at half the size, grow in steps')
    _add_choice(group, 'augmentation', AUGMENTATIONS, 'how samples are varied')
    _add_choice(group, 'class_weights', CLASS_WEIGHTS, 'balancing by median frequency')
    add(
        '--seed',
        type=parse_natural,
        default=0,
        help='of weights, order and augmentation (%(default)s)',
    )
    _add_optimizer_options(group)


def _add_optimizer_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    _add_choice(group, 'optimizer', sorted(LEARNING_RATES), 'how weights are changed')
    _add_choice(group, 'schedule', SCHEDULES, 'of the learning rate')
    add(
        '--learning-rate',
        type=parse_positive_number,
        help=f'peak of the schedule ({_list_values(LEARNING_RATES)})',
    )
    add(
        '--weight-decay',
        type=float,
        help=f'pull of the filters towards 0 ({_list_values(WEIGHT_DECAYS)})',
    )
    add(
        '--batch-size',
        type=parse_positive,
        help=f'images per step, of all processes together ({list_defaults("batch_size")})',
    )
    add(
        '--accumulate',
        type=parse_positive,
        default=1,
        metavar='N',
        help='compute each batch in N parts, one after the other, to save memory (%(default)s)',
    )
    add(
        '--clip-norm',
        type=parse_positive_number,
        metavar='NORM',
        help='shorten gradients to this norm (they are left as they are)',
    )
    add(
        '--freeze-batch-norm',
        action='store_true',
        help='use the running statistics of --init and leave them, for tiny batches',
    )
    add(
        '--recompute-batch-norm',
        action='store_true',
        help='measure with statistics computed anew over the training set, as the paper does',
    )
    add(
        '--precision',
        choices=('auto', 'fp32', 'bf16'),
        default='auto',
        help='auto is bf16 where the device computes with it (%(default)s)',
    )


def _add_run_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        '--output',
        type=Path,
        metavar='DIR',
        help='where the results go; required to train, check_output for --check',
    )
    add(
        '--resume',
        action='store_true',
        help='continue the run in OUTPUT, exactly; with another --epochs or --minutes the schedule'
        ' fits the new length, without them the old one stays',
    )
    add(
        '--validate-every',
        type=parse_positive,
        default=5,
        metavar='N',
        help='epochs (%(default)s)',
    )
    _add_choice(group, 'metric', METRICS, 'by which best.safetensors is kept')
    add(
        '--save-minutes',
        type=parse_positive_number,
        default=5.0,
        metavar='N',
        help='how much training a machine that dies may cost (%(default)g)',
    )
    add('--device', default='auto', help='auto, cpu, cuda or cuda:N (%(default)s)')
    add(
        '--workers', type=parse_natural, default=1, help='processes that load images (%(default)s)'
    )


def _add_choice(
    group: argparse._ArgumentGroup, name: str, choices: Sequence[str], text: str
) -> None:
    """Add an option that the recipe decides if it is not given."""
    group.add_argument(
        f'--{name.replace("_", "-")}', choices=choices, help=f'{text} ({list_defaults(name)})'
    )


def _list_values(values: dict[str, float]) -> str:
    return ', '.join(f'{name} {value:g}' for name, value in values.items())
