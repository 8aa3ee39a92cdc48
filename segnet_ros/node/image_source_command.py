"""The command line of `segnet_image_source`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args
from segnet_ros.node.image_source_parameters import SourceParameters
from segnet_ros.node.parameter_record import describe_parameters
from segnet_ros.node.parameter_record import ParameterError


def start_ros(args: Sequence[str]) -> None:
    """
    Check the command line and initialize rclpy, which leaves the signals alone.

    :raises ParameterError: if rclpy refuses the command line
    """
    try:
        parse_arguments(remove_ros_args(args)[1:])
        rclpy.init(args=list(args), signal_handler_options=SignalHandlerOptions.NO)
    except (rclpy_implementation.RCLError, rclpy_implementation.UnknownROSArgsError) as error:
        raise ParameterError(
            'command line',
            'ROS arguments like --ros-args -p rate:=10.0',
            f'others ({error})',
            'correct it; --help lists the parameters',
        ) from error


def parse_arguments(args: Sequence[str]) -> None:
    """
    Answer --help, and refuse whatever else is not for ROS.

    :param args: what is left of the command line without the program's name and ROS's part
    """
    parser = argparse.ArgumentParser(
        prog='segnet_image_source',
        usage='%(prog)s [--ros-args -p NAME:=VALUE ... -r image_raw:=/camera/image_raw]',
        description='Publish a video, a folder of images, a webcam or rendered street scenes as '
        'image_raw and camera_info; rendered scenes also as label, with the exact class ids.',
        epilog='parameters and their defaults:\n' + describe_parameters(SourceParameters),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(args)
