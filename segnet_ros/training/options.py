"""The options of ``segnet_train``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.model import MIN_SIZE
from segnet_ros.core.model import SegNetConfig
from segnet_ros.training.command import add_data_option
from segnet_ros.training.command import parse_natural
from segnet_ros.training.command import parse_positive
from segnet_ros.training.command import parse_size
from segnet_ros.training.loss import CLASS_WEIGHTS
from segnet_ros.training.state import load_length

EPOCHS = 100
LEARNING_RATES = {'adamw': 1e-3, 'sgd': 0.1}
"""Peak learning rate by optimizer; for SGD that of the paper, section 3.2."""
WEIGHT_DECAYS = {'adamw': 1e-2, 'sgd': 5e-4}
"""Weight decay by optimizer; for SGD that of the released solver."""
OUTSIDE_THE_RECIPE = ('resume', 'output', 'device', 'workers', 'val_split', 'validate_every')
"""Options that do not change what is learned, and may differ when a run is resumed."""


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
    add_run_options(parser.add_argument_group('run'))
    return parser


def check_options(options: argparse.Namespace) -> None:
    """
    Refuse what cannot work, before any work is done.

    :raises ValueError: with what was expected, found and to do
    :raises FileExistsError: if there is a run already, or none to resume
    """
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
    check_output(options)


def check_output(options: argparse.Namespace) -> None:
    """
    Keep runs apart.

    :raises FileExistsError: if there is a run already, or none to resume
    """
    if options.resume != (options.output / 'state.pt').is_file():
        found = 'there is no' if options.resume else 'there is already a'
        raise FileExistsError(
            f'{options.output}: {found} run to resume; use --resume to continue one, another'
            ' --output to start anew'
        )


def fill_in_defaults(options: argparse.Namespace, epochs: int = EPOCHS) -> None:
    """
    Replace None by the defaults that depend on other options.

    :param epochs: length of a run for which none is given
    """
    if options.epochs is None and options.minutes is None:
        state = options.output / 'state.pt'
        options.epochs, options.minutes = load_length(state) if options.resume else (epochs, None)
    if options.learning_rate is None:
        options.learning_rate = LEARNING_RATES[options.optimizer]
    if options.weight_decay is None:
        options.weight_decay = WEIGHT_DECAYS[options.optimizer]


def describe_recipe(options: argparse.Namespace) -> dict[str, Any]:
    """
    Put what makes up a run into plain values, for its checkpoint and to resume it.

    :return: options by name; of paths only the last part
    """
    recipe: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in vars(options).items()
        if key not in OUTSIDE_THE_RECIPE
    }
    for key in recipe.keys() & {'data', 'init', 'encoder', 'label_set'}:
        recipe[key] = Path(recipe[key]).name if recipe[key] else None
    return recipe


def _add_data_options(group: argparse._ArgumentGroup) -> None:
    add_data_option(group, '; without it, rendered scenes alone')
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
    initial = group.add_mutually_exclusive_group()
    initial.add_argument(
        '--init',
        metavar='FILE',
        help='start from the weights of this checkpoint, all but the classifier where the number'
        ' of classes differs',
    )
    initial.add_argument(
        '--encoder',
        metavar='NAME|FILE',
        help='start from these weights of the encoder: vgg16 or vgg16_bn, which downloads'
        " torchvision's from ImageNet; a file of theirs; or one of segnet_pretrain",
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
    add_solver_options(group, EPOCHS, batch_size=8)
    add = group.add_argument
    add('--progressive', action='store_true', help='begin at half the size, grow in steps')
    add(
        '--class-weights',
        choices=CLASS_WEIGHTS,
        default='sqrt-median',
        help='balancing by median frequency (%(default)s)',
    )


def add_solver_options(
    group: argparse._ArgumentGroup, epochs: int, batch_size: int, optimizer: str = 'adamw'
) -> None:
    """
    Add length, batch, optimizer, seed and precision.

    :param epochs: default; the other parameters likewise
    """
    add = group.add_argument
    length = group.add_mutually_exclusive_group()
    length.add_argument('--epochs', type=parse_positive, help=f'length of the run ({epochs})')
    length.add_argument(
        '--minutes',
        type=parse_positive_number,
        help='length of the run; the schedule fits it, the closing validation comes on top',
    )
    add(
        '--batch-size',
        type=parse_positive,
        default=batch_size,
        help='images per step (%(default)s)',
    )
    add(
        '--optimizer',
        choices=sorted(LEARNING_RATES),
        default=optimizer,
        help='how weights are changed (%(default)s)',
    )
    add(
        '--learning-rate',
        type=parse_positive_number,
        help=f'peak of the one-cycle schedule ({_list_values(LEARNING_RATES)})',
    )
    add(
        '--weight-decay',
        type=float,
        help=f'pull of the filters towards 0 ({_list_values(WEIGHT_DECAYS)})',
    )
    add(
        '--seed',
        type=parse_natural,
        default=0,
        help='of weights, order and augmentation (%(default)s)',
    )
    add(
        '--precision',
        choices=('auto', 'fp32', 'bf16'),
        default='auto',
        help='auto is bf16 where the device computes with it (%(default)s)',
    )


def add_run_options(group: argparse._ArgumentGroup) -> None:
    """Add what changes nothing that is learned: files, validation, device, processes."""
    add = group.add_argument
    add('--output', type=Path, required=True, metavar='DIR', help='where the results go')
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
    add('--device', default='auto', help='auto, cpu, cuda or cuda:N (%(default)s)')
    add(
        '--workers', type=parse_natural, default=1, help='processes that load images (%(default)s)'
    )


def _list_values(values: dict[str, float]) -> str:
    return ', '.join(f'{name} {value:g}' for name, value in values.items())
