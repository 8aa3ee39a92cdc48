"""The options of ``segnet_pretrain``."""

from __future__ import annotations

import argparse
from pathlib import Path

from segnet_ros.core.model import MIN_SIZE
from segnet_ros.core.model import SegNetConfig
from segnet_ros.training.command import parse_positive
from segnet_ros.training.command import parse_size
from segnet_ros.training.options import add_run_options
from segnet_ros.training.options import add_solver_options
from segnet_ros.training.options import check_output

EPOCHS = 30
BATCH_SIZE = 128


def make_pretrain_parser() -> argparse.ArgumentParser:
    """Declare every option once, with its default."""
    parser = argparse.ArgumentParser(
        'segnet_pretrain',
        description="Pretrain a SegNet's encoder to tell the classes of photographs. Writes"
        ' OUTPUT/encoder.safetensors for segnet_train --encoder, OUTPUT/state.pt to resume, and'
        ' logs for TensorBoard.',
    )
    add = parser.add_argument_group('data').add_argument
    add(
        '--data',
        type=Path,
        required=True,
        metavar='DIR',
        help='photographs of any size, as DIR/CLASS/*.jpg or .png',
    )
    add(
        '--val-share',
        type=_parse_share,
        default=0.05,
        metavar='SHARE',
        help='of each class held out to measure the accuracy (%(default)s)',
    )
    add = parser.add_argument_group('network').add_argument
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
        default=(64, 64),
        metavar='HxW',
        help='of the crops to train on (64x64)',
    )
    add_solver_options(parser.add_argument_group('recipe'), EPOCHS, BATCH_SIZE, optimizer='sgd')
    add_run_options(parser.add_argument_group('run'))
    return parser


def check_pretrain_options(options: argparse.Namespace) -> None:
    """
    Refuse what cannot work, before any work is done.

    :raises ValueError: with what was expected, found and to do
    :raises FileExistsError: if there is a run already, or none to resume
    """
    if min(options.size) < MIN_SIZE:
        raise ValueError(
            f'expected a --size of at least {MIN_SIZE} x {MIN_SIZE}, got'
            f' {options.size[0]} x {options.size[1]}'
        )
    check_output(options)


def _parse_share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got '{text}'")
    return share
