"""The command line of a node: ``--help``, and what is for ROS."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args
from segnet_ros.node.parameters.record import describe_parameters


def start_ros(
    args: Sequence[str], *, program: str, description: str, example: str, parameters: type[Any]
) -> None:
    """
    Answer ``--help``, refuse what is not for ROS, and initialize rclpy.

    Signals are left alone, see ``ExitSignals``.

    :param args: command line, the program's name first
    :param program: name of the executable
    :param description: what it does, for people
    :param example: arguments that one may give after ``--ros-args``
    :param parameters: record of the node's parameters
    :raises SystemExit: with 0 after ``--help``, with 2 and one line about what is wrong
    """
    parser = argparse.ArgumentParser(
        prog=program,
        usage=f'%(prog)s [--ros-args {example} ...]',
        description=description,
        epilog='parameters and their defaults:\n' + describe_parameters(parameters),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    try:
        parser.parse_args(remove_ros_args(list(args))[1:])
        rclpy.init(args=list(args), signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # the base class of rclpy's own errors
        found = ' '.join(str(error).split())
        parser.error(f'expected ROS arguments as above, found others ({found}); correct them')
