"""Pretrain a SegNet's encoder on photographs in a folder per class: ``segnet_pretrain``."""

from __future__ import annotations

import argparse
import sys

from segnet_ros.commands.command import run_command
from segnet_ros.training.encoder.pretrain_options import fill_in_pretrain_defaults
from segnet_ros.training.encoder.pretrain_options import make_pretrain_parser
from segnet_ros.training.encoder.pretrain_run import PretrainRun
from segnet_ros.training.run.drive import drive
from segnet_ros.training.run.run_options import check_run_options
from segnet_ros.training.step.distributed import check_alone


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after SIGINT, 0 after SIGTERM."""
    return run_command(make_pretrain_parser(), _pretrain, args)


def _pretrain(options: argparse.Namespace) -> None:
    check_alone()
    check_run_options(options)
    fill_in_pretrain_defaults(options)
    drive(PretrainRun(options))


if __name__ == '__main__':
    sys.exit(main())
