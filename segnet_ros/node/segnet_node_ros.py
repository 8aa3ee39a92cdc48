"""The node behind ``segnet_node``: camera images in, label images out. Wires the parts."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import contextlib
import sys
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.exceptions import InvalidHandle
from rclpy.exceptions import ParameterException
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.utilities import try_shutdown
from segnet_ros.node.advice import Adviser
from segnet_ros.node.camera import Camera
from segnet_ros.node.camera import CameraImage
from segnet_ros.node.command_line import start_ros
from segnet_ros.node.conversions import read_stamp
from segnet_ros.node.diagnostics import CameraMonitor
from segnet_ros.node.exit_signals import ExitSignals
from segnet_ros.node.inference import ImagePredictor
from segnet_ros.node.inference import InferenceThread
from segnet_ros.node.mailbox import Mailbox
from segnet_ros.node.parameter_record import declare_parameters
from segnet_ros.node.parameter_record import ParameterError
from segnet_ros.node.parameter_record import read_parameters
from segnet_ros.node.parameters import Parameters

PredictorFactory = Callable[..., ImagePredictor]
"""Has the signature of ``Predictor.from_checkpoint``."""
PERIOD_S = 1.0
"""Between two looks at the graph, and between two diagnostics messages."""
JOIN_S = 1.0
"""How long the image in progress may take to end; loading leaves nothing behind, so no time."""


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
            f'for the Python that runs the node ({sys.executable}), on a Jetson from the torch '
            'wheel of NVIDIA for its JetPack: README.md, "Install on a robot", has the commands'
        ) from error
    return Predictor.from_checkpoint(*args, **options)


class SegNetNode(Node):
    """
    Segment the images of one or more cameras.

    The executor's callbacks return at once; ``InferenceThread`` does the work. It starts with the
    node, and the cameras are subscribed when the network is loaded and warm.
    """

    def __init__(self, predictor_factory: PredictorFactory = load_predictor) -> None:
        """
        Begin to load.

        :param predictor_factory: called in the inference thread
        :raises ParameterError: if a parameter has a value that it cannot take
        """
        super().__init__('segnet')
        self.parameters = declare_parameters(self, Parameters)
        mailbox: Mailbox[CameraImage] = Mailbox()
        self._cameras = [
            Camera(self, name, self.parameters.input_reliability, mailbox)
            for name in self.parameters.cameras
        ]
        node_name = self.get_fully_qualified_name()
        self._monitors = [CameraMonitor(node_name, camera) for camera in self._cameras]
        own_topics = [topic for camera in self._cameras for topic in camera.outputs.topics]
        self._advisers = [Adviser(self, camera, own_topics) for camera in self._cameras]
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 1)
        self._is_ready = False
        self._wake_up = self.create_guard_condition(self._begin_when_ready)
        self._inference = InferenceThread(
            load=lambda: self._load(predictor_factory),
            mailbox=mailbox,
            read_opacity=lambda: read_parameters(self, Parameters).overlay_opacity,
            report_age=self._report_age,
            notify=self.wake,
            logger=self.get_logger(),
        )
        # Steady, because a step of the system time must not stop it.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(PERIOD_S, self._look_after, clock=steady)
        self._inference.start()

    @property
    def has_failed(self) -> bool:
        """Whether inference has ended by itself; the reason is in the log."""
        return self._inference.has_failed

    def wake(self) -> None:
        """Make a waiting executor return from ``spin_once``; safe from any thread."""
        with contextlib.suppress(InvalidHandle):  # destroyed: nothing waits
            self._wake_up.trigger()

    def stop(self) -> None:
        """Publish no more images, and give the inference thread a moment to end."""
        self._inference.stop(timeout_s=JOIN_S if self._is_ready else 0.0)

    def _load(self, predictor_factory: PredictorFactory) -> ImagePredictor:
        values = self.parameters
        self.get_logger().info(
            f'loading {values.checkpoint or "the packaged checkpoint"}, device {values.device}, '
            f'precision {values.precision}'
        )
        return predictor_factory(
            values.checkpoint,
            device=values.device,
            precision=values.precision,
            input_size=values.input_size,
            cpu_threads=values.cpu_threads,
        )

    def _begin_when_ready(self) -> None:
        """Subscribe to the cameras as soon as there is somebody to take their images."""
        predictor = self._inference.predictor
        if predictor is None or self._is_ready:
            return
        for camera in self._cameras:
            camera.follow_publishers()
        self._is_ready = True
        height, width = predictor.input_size
        topics = ', '.join(camera.topic for camera in self._cameras)
        self.get_logger().info(
            f'ready: {topics}, device {predictor.device}, '
            f'precision {predictor.precision}, input {height}x{width} (height x width), '
            f'{predictor.label_set.num_classes} classes of {predictor.label_set.name}'
        )

    def _look_after(self) -> None:
        if self._is_ready:
            for camera, adviser in zip(self._cameras, self._advisers, strict=True):
                camera.follow_publishers()
                adviser.check()
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        predictor = self._inference.predictor
        device = str(predictor.device) if predictor else self.parameters.device
        classes = predictor.label_set.names if predictor else ()
        message.status = [
            monitor.status(device, classes, self._is_ready) for monitor in self._monitors
        ]
        self._diagnostics.publish(message)

    def _report_age(self, item: CameraImage) -> None:
        age_ns = self.get_clock().now().nanoseconds - read_stamp(item.message.header)
        item.camera.ages.add(age_ns / 1e9)


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
    signals.on_request(node.wake)
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
    while not (signals.requested.is_set() or node.has_failed):
        executor.spin_once()
    executor.shutdown(timeout_sec=0)
