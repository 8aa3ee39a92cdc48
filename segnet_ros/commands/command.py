"""What commands share: options, and one clear line on bad input."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
import sys

from segnet_ros.core.device import PRECISIONS
import torch

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def run_command(
    parser: argparse.ArgumentParser,
    command: Callable[[argparse.Namespace], None],
    args: list[str] | None,
) -> int:
    """
    Parse arguments and run a command.

    Bad input ends in one line on stderr, not in a traceback: errors in data, files and options
    are ValueError or OSError with a text that says what to do.

    :param args: arguments; None for those of the process
    :return: exit code: 0, 1 on bad input, 130 after Ctrl-C
    """
    options = parser.parse_args(args)
    try:
        command(options)
    except (ValueError, OSError) as error:
        print(f'{parser.prog}: error: {_describe(error)}', file=sys.stderr)
        return 1
    except torch.cuda.OutOfMemoryError as error:
        text = str(error).partition('.')[0]
        print(
            f'{parser.prog}: error: expected enough memory on the GPU, found {text}; lower the'
            ' batch or the image size, or use another --device',
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(f'{parser.prog}: interrupted', file=sys.stderr)
        return INTERRUPTED
    return 0


def _describe(error: Exception) -> str:
    """Put an error into a line; one of a loading process comes with that process's traceback."""
    text = str(error).strip()
    if 'Original Traceback' in text:
        text = text.splitlines()[-1].partition(': ')[2]
    return text


def add_checkpoint_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--checkpoint``."""
    parser.add_argument(
        '--checkpoint', default='', metavar='FILE', help='weights (those of the package)'
    )


def add_checkpoint_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--checkpoint``, ``--device`` and ``--precision``."""
    add_checkpoint_option(parser)
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda or cuda:N (%(default)s)')
    parser.add_argument(
        '--precision',
        default='auto',
        choices=PRECISIONS,
        help='auto takes what the device computes fastest (%(default)s)',
    )


def add_data_option(group: argparse._ActionsContainer, more: str = '') -> None:
    """
    Add ``--data``.

    :param more: appended to its help
    """
    group.add_argument(
        '--data',
        type=Path,
        metavar='DIR',
        help='data set: DIR/SPLIT with DIR/SPLITannot, or DIR/images/SPLIT with DIR/labels/SPLIT;'
        f' images and labels paired by stem{more}',
    )


def parse_positive(text: str) -> int:
    """
    Read an integer from 1 up.

    :raises argparse.ArgumentTypeError: if it is not that
    """
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected an integer from 1 up, got '{text}'")
    return int(text)


def parse_natural(text: str) -> int:
    """
    Read an integer from 0 up.

    :raises argparse.ArgumentTypeError: if it is not that
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected an integer from 0 up, got '{text}'")
    return int(text)


def parse_size(text: str) -> tuple[int, int]:
    """
    Read a size such as ``360x480``.

    :param text: height and width with an x between
    :raises argparse.ArgumentTypeError: if it is not that
    """
    height, _, width = text.partition('x')
    if not (height.isdigit() and width.isdigit()):
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH such as 360x480, got '{text}'")
    return int(height), int(width)
