"""Options that training and pretraining share."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from segnet_ros.commands.command import parse_natural
from segnet_ros.commands.command import parse_positive
from segnet_ros.commands.command import parse_size
from segnet_ros.core.arguments import parse_number_from_zero
from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.encoder import MIN_SIZE
from segnet_ros.training.measurement.pictures import check_matplotlib
from segnet_ros.training.run.recipes import LEARNING_RATES
from segnet_ros.training.run.recipes import WEIGHT_DECAYS
from segnet_ros.training.run.state import load_length
from segnet_ros.training.run.state import STATE_NAME
from segnet_ros.training.step.schedule import SCHEDULES


def add_size_options(
    group: argparse._ArgumentGroup, size: tuple[int, int], size_help: str
) -> None:
    """
    Add the network's widths and the size of the images.

    :param size: default
    :param size_help: what the size is of
    """
    group.add_argument(
        '--widths',
        type=parse_positive,
        nargs='+',
        metavar='C',
        help="channels of the encoder's stages (the paper's: 64 128 256 512 512 for SegNet)",
    )
    group.add_argument(
        '--size',
        type=parse_size,
        default=size,
        metavar='HxW',
        help=f'{size_help} ({size[0]}x{size[1]})',
    )


def add_length_options(group: argparse._ArgumentGroup, epochs: int) -> None:
    """
    Add the two ways to say how long to train.

    :param epochs: length of a run for which none is given
    """
    length = group.add_mutually_exclusive_group()
    length.add_argument('--epochs', type=parse_positive, help=f'length of the run ({epochs})')
    length.add_argument(
        '--minutes',
        type=parse_positive_number,
        help='length of the run; the schedule fits it, the closing validation comes on top',
    )


def add_solver_options(group: argparse._ArgumentGroup, defaults: Mapping[str, object]) -> None:
    """
    Add batch, optimizer, schedule, seed and precision.

    :param defaults: what is taken if the option is not given, by its name, to be shown
    """
    add = group.add_argument
    add_choice(group, 'optimizer', sorted(LEARNING_RATES), 'how weights are changed', defaults)
    add_choice(group, 'schedule', SCHEDULES, 'of the learning rate', defaults)
    add(
        '--learning-rate',
        type=parse_positive_number,
        help=f'peak of the schedule ({_list_values(LEARNING_RATES)})',
    )
    add(
        '--weight-decay',
        type=parse_number_from_zero,
        help=f'pull of the filters towards 0 ({_list_values(WEIGHT_DECAYS)})',
    )
    add(
        '--clip-norm',
        type=parse_positive_number,
        metavar='NORM',
        help='shorten gradients to this norm (they are left as they are)',
    )
    add(
        '--batch-size',
        type=parse_positive,
        help=f'images per step, of all processes together ({defaults["batch_size"]})',
    )
    add('--seed', type=parse_natural, default=0, help='of all randomness (%(default)s)')
    add(
        '--precision',
        choices=('auto', 'fp32', 'bf16'),
        default='auto',
        help='auto is bf16 where the device computes with it (%(default)s)',
    )


def add_run_options(group: argparse._ArgumentGroup, is_output_required: bool) -> None:
    """
    Add what changes nothing that is learned: files, validation, device, processes.

    :param is_output_required: whether the parser asks for ``--output``
    """
    add = group.add_argument
    add(
        '--output',
        type=Path,
        required=is_output_required,
        metavar='DIR',
        help='where the results go'
        + ('' if is_output_required else '; required to train, check_output for --check'),
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


def add_choice(
    group: argparse._ArgumentGroup,
    name: str,
    choices: Sequence[str],
    text: str,
    defaults: Mapping[str, object],
) -> None:
    """Add an option with a default that is filled in later, and shown."""
    group.add_argument(
        f'--{name.replace("_", "-")}', choices=choices, help=f'{text} ({defaults[name]})'
    )


def check_run_options(options: argparse.Namespace) -> None:
    """
    Refuse images that are too small, keep runs apart, and look for what the end will need.

    :raises ValueError: if the size is below 32 x 32, or matplotlib is missing
    :raises FileExistsError: if there is a run already, or none to resume
    """
    check_matplotlib()
    if min(options.size) < MIN_SIZE:
        raise ValueError(
            f'expected a --size of at least {MIN_SIZE} x {MIN_SIZE}, got'
            f' {options.size[0]} x {options.size[1]}'
        )
    if options.resume != (options.output / STATE_NAME).is_file():
        found = 'there is no' if options.resume else 'there is already a'
        raise FileExistsError(
            f'{options.output}: {found} run to resume; use --resume to continue one, another'
            ' --output to start anew'
        )


def fill_in_length(options: argparse.Namespace, epochs: int) -> None:
    """
    Keep the length of a run that is resumed, if none is given.

    :param epochs: length of a new run for which none is given
    """
    if options.epochs is None and options.minutes is None:
        state = options.output / STATE_NAME
        options.epochs, options.minutes = load_length(state) if options.resume else (epochs, None)


def _list_values(values: Mapping[str, float]) -> str:
    return ', '.join(f'{name} {value:g}' for name, value in values.items())
