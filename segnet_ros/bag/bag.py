"""Label the images of a recorded bag: ``segnet_bag``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import re
import signal
import sys
from types import FrameType

from segnet_ros.bag.cameras import DEFAULT_NAME
from segnet_ros.bag.preparation import prepare_job
from segnet_ros.bag.progress import load_progress
from segnet_ros.bag.report import Report
from segnet_ros.bag.source.open_file import STORAGES
from segnet_ros.bag.source.source_bag import LABELINGS
from segnet_ros.bag.workplace import Workplace
from segnet_ros.commands.command import add_checkpoint_options
from segnet_ros.commands.command import parse_positive
from segnet_ros.commands.command import run_command
from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.outputs import OUTPUTS

INCOMPLETE = 3
"""Exit code where the bag is written, but some images could not be labeled or read."""
TERMINATED = 143
"""Exit code after SIGTERM, as shells have it."""
GOES_ON = 'segnet_bag: the same command goes on from here'


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 3 where some images are without labels."""
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        return run_command(_make_parser(), _label_bag, args)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminate(number: int, frame: FrameType | None) -> None:
    """End at once: nothing has to be saved."""
    print(GOES_ON, file=sys.stderr)
    raise SystemExit(TERMINATED)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_bag',
        description='Label every image of cameras in a ROS 2 bag (mcap or sqlite3). OUT is a bag'
        ' with all messages of IN, unchanged, and the outputs beside them: those of'
        ' /front/image_raw on /front/segnet/label, with its header and at its time. The same'
        ' command goes on where it was interrupted.',
        epilog='Exit code: 0 if everything is labeled; 3 if OUT is written, but images were left'
        ' without labels, or IN is cut off; 1 if something has to be mended first.',
    )
    parser.add_argument('source', type=Path, metavar='IN', help='folder of a bag, or a file of it')
    parser.add_argument('target', type=Path, metavar='OUT', help='folder to be made')
    parser.add_argument(
        '--topics',
        nargs='+',
        default=[],
        metavar='TOPIC',
        help='Image or CompressedImage (all with color images of cameras; where a topic is there'
        ' raw and compressed, raw)',
    )
    parser.add_argument(
        '--outputs', nargs='+', choices=OUTPUTS, default=['label'], help='what to write (label)'
    )
    parser.add_argument(
        '--compressed',
        action='store_true',
        help='write outputs as CompressedImage: PNG, overlays JPEG',
    )
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colors in overlays (%(default)s)'
    )
    parser.add_argument(
        '--name',
        type=_parse_name,
        default=DEFAULT_NAME,
        help="of the node in outputs' topics (%(default)s)",
    )
    parser.add_argument('--storage', choices=(*STORAGES.values(),), help='of OUT (that of IN)')
    parser.add_argument(
        '--max-file-size',
        type=parse_positive_number,
        default=4096,
        metavar='MIB',
        help='about where a file of OUT ends and another begins (%(default)s)',
    )
    parser.add_argument(
        '--batch-size',
        type=parse_positive,
        metavar='N',
        help='images at once (as many as make each cheaper by a fifth; 1 on a CPU)',
    )
    add_checkpoint_options(parser)
    return parser


def _parse_name(text: str) -> str:
    """
    Read the name of a node.

    :raises argparse.ArgumentTypeError: if it is not one
    """
    if not re.fullmatch(r'[A-Za-z_][A-Za-z0-9_]*', text):
        raise argparse.ArgumentTypeError(
            f"expected letters, digits and _, and no digit first, got '{text}'"
        )
    return text


def _label_bag(options: argparse.Namespace) -> None:
    if not 0 <= options.opacity <= 1:
        raise ValueError(f'expected --opacity from 0 to 1, got {options.opacity}')
    workplace = Workplace(options.target)
    report = _report_left_over(workplace) if workplace.is_left_over else _work(workplace, options)
    print(report.write(options.target))
    if not report.is_complete:
        raise SystemExit(INCOMPLETE)


def _work(workplace: Workplace, options: argparse.Namespace) -> Report:
    with workplace.occupy():
        job = prepare_job(options, workplace)
        try:
            job.run()
        except KeyboardInterrupt:
            print(GOES_ON, file=sys.stderr)
            raise
        described = {name.lstrip('-'): value for name, value in job.progress.options.items()}
        custom = {LABELINGS: json.dumps([*job.bag.labelings, described])}
        workplace.complete(job.progress.parts, job.bag.metadata, custom)
    return Report(job.progress)


def _report_left_over(workplace: Workplace) -> Report:
    """Report on a bag that was completed by a process that could not say so."""
    progress = load_progress(workplace.progress)
    assert progress is not None
    workplace.clear()
    return Report(progress)


if __name__ == '__main__':
    sys.exit(main())
