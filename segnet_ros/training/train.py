"""Train a SegNet on images with labels, rendered scenes, or both: ``segnet_train``."""

from __future__ import annotations

import argparse
import sys

from segnet_ros.commands.command import run_command
from segnet_ros.core.device import select_device
from segnet_ros.training.check.check import check_data
from segnet_ros.training.run.drive import drive
from segnet_ros.training.run.options import check_options
from segnet_ros.training.run.options import fill_in_defaults
from segnet_ros.training.run.options import make_parser
from segnet_ros.training.run.segnet_run import SegNetRun
from segnet_ros.training.step.distributed import join_world


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after SIGINT, 0 after SIGTERM."""
    return run_command(make_parser(), _train, args)


def _train(options: argparse.Namespace) -> None:
    if options.check:
        check_data(options)
        return
    check_options(options)
    fill_in_defaults(options)
    with join_world(select_device(options.device).type == 'cuda') as world:
        drive(SegNetRun(options, world))


if __name__ == '__main__':
    sys.exit(main())
