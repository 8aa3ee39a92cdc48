"""
Segment the images of a camera topic: entry of the executable ``segnet_node``.

ROS is imported only once signals are listened to, so that an interrupt during the start
leaves no traceback; what runs then is in ``segnet_node_ros.py``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import sys
from typing import Any

from segnet_ros.node.exit_signals import ExitSignals


def main(
    args: list[str] | None = None, predictor_factory: Callable[..., Any] | None = None
) -> int:
    """
    Run the node; takes over the signals of the process before the slow imports.

    :param args: command line, the program's name first; None for the process's own
    :param predictor_factory: stands in for ``Predictor.from_checkpoint``, for tests
    :return: exit code
    """
    signals = ExitSignals()
    from segnet_ros.node.segnet_node_ros import load_predictor
    from segnet_ros.node.segnet_node_ros import run

    _parse_command_line(sys.argv if args is None else args)
    if signals.requested.is_set():
        return 0
    return run(args, predictor_factory or load_predictor, signals)


def _parse_command_line(args: list[str]) -> None:
    """Answer ``--help`` and refuse what is not a ROS argument."""
    from rclpy.utilities import remove_ros_args
    from segnet_ros.node.parameter_record import describe_parameters
    from segnet_ros.node.parameters import Parameters

    parser = argparse.ArgumentParser(
        prog='segnet_node',
        description='Segment the images of a camera topic with SegNet.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='example:\n  segnet_node --ros-args --remap image_raw:=/camera/image_raw '
        '--param device:=cuda\n\nparameters and their defaults:\n'
        + describe_parameters(Parameters),
    )
    try:
        parser.parse_args(remove_ros_args(args)[1:])
    except RuntimeError as error:  # the base class of rclpy's own errors
        parser.error(f'ROS cannot read its arguments: {error}')


if __name__ == '__main__':
    sys.exit(main())
