"""What ``segnet_node`` does once signals are taken over: run the node until something ends it."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import Any

from rclpy.exceptions import ParameterException
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.utilities import try_shutdown
from segnet_ros.node.inference.checkpoint_source import PredictorFactory
from segnet_ros.node.inference.processing import ImagePredictor
from segnet_ros.node.managed_node import SegNetNode
from segnet_ros.node.parameters.record import ParameterError
from segnet_ros.node.parameters.segnet_parameters import Parameters
from segnet_ros.node.process.command_line import start_ros
from segnet_ros.node.process.exit_signals import ExitSignals


def load_predictor(*args: Any, **options: Any) -> ImagePredictor:
    """
    Import PyTorch and load a checkpoint; takes what ``Predictor.from_checkpoint`` takes.

    :raises ImportError: if PyTorch is not installed, with the remedy
    """
    try:
        from segnet_ros.core.predictor import Predictor
    except ImportError as error:
        raise ImportError(
            f'expected PyTorch (2.3 or later) and safetensors, found no {error.name}; install it '
            f'as fits this machine, for the Python that runs the node ({sys.executable}): '
            'README.md, "Install on a robot", has the commands'
        ) from error
    return Predictor.from_checkpoint(*args, **options)


def run(args: Sequence[str], predictor_factory: PredictorFactory, signals: ExitSignals) -> int:
    """
    Run the node until a signal or a failure ends it.

    :param args: command line, the program's name first
    :param signals: the process's, listening already
    :return: exit status: 0 after SIGINT or SIGTERM, else 1
    """
    start_ros(
        args,
        program='segnet_node',
        description='Segment the images of a camera topic with SegNet.',
        example='-r image_raw:=/camera/image_raw -p device:=cuda',
        parameters=Parameters,
    )
    try:
        node = SegNetNode(predictor_factory)
    # RuntimeError is the base class of rclpy's own errors, but not of ParameterException.
    except (ParameterError, ParameterException, RuntimeError) as error:
        get_logger('segnet').fatal(str(error))
        try_shutdown()
        return 1
    signals.on_request(node.leave)
    try:
        _spin(node, signals)
    finally:
        node.stop()
        node.destroy_node()
        try_shutdown()  # flushes the log, too
    return 0 if signals.requested.is_set() else 1


def _spin(node: SegNetNode, signals: ExitSignals) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not (signals.requested.is_set() or node.failure):
        executor.spin_once()
    if node.failure:
        node.get_logger().fatal(node.failure)
    executor.shutdown(timeout_sec=0)
