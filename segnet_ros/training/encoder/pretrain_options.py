"""The options of ``segnet_pretrain``."""

from __future__ import annotations

import argparse
from pathlib import Path

from segnet_ros.training.run.recipes import fill_in
from segnet_ros.training.run.recipes import PRETRAINING
from segnet_ros.training.run.run_options import add_length_options
from segnet_ros.training.run.run_options import add_run_options
from segnet_ros.training.run.run_options import add_size_options
from segnet_ros.training.run.run_options import add_solver_options
from segnet_ros.training.run.run_options import fill_in_length

EPOCHS = 30


def make_pretrain_parser() -> argparse.ArgumentParser:
    """Declare every option once, with its default."""
    parser = argparse.ArgumentParser(
        'segnet_pretrain',
        description="Pretrain a SegNet's encoder to tell the classes of photographs. Writes"
        ' OUTPUT/encoder.safetensors for segnet_train --encoder, OUTPUT/state.pt to resume, and'
        ' logs for TensorBoard.',
    )
    _add_photograph_options(parser.add_argument_group('data'))
    add_size_options(parser.add_argument_group('network'), (64, 64), 'of the crops to train on')
    recipe = parser.add_argument_group('recipe')
    add_length_options(recipe, EPOCHS)
    add_solver_options(recipe, PRETRAINING)
    add_run_options(parser.add_argument_group('run'), is_output_required=True)
    return parser


def fill_in_pretrain_defaults(options: argparse.Namespace) -> None:
    """Replace None by the defaults that depend on other options."""
    fill_in_length(options, EPOCHS)
    fill_in(options, PRETRAINING)


def _add_photograph_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--data',
        type=Path,
        required=True,
        metavar='DIR',
        help='photographs of any size, as DIR/CLASS/*.jpg or .png',
    )
    group.add_argument(
        '--val-share',
        type=_parse_share,
        default=0.05,
        metavar='SHARE',
        help='of each class held out to measure the accuracy (%(default)s)',
    )


def _parse_share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got '{text}'")
    return share
