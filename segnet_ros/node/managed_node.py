"""The node behind ``segnet_node``: camera images in, label images out. Wires the parts."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.exceptions import InvalidHandle
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle import LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.cameras.camera import CameraImage
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.diagnostics.diagnostics import Diagnostics
from segnet_ros.node.diagnostics.status import format_size
from segnet_ros.node.inference.checkpoint_source import load_network
from segnet_ros.node.inference.checkpoint_source import PredictorFactory
from segnet_ros.node.inference.inference_thread import InferenceThread
from segnet_ros.node.inference.network_checks import CHECKS
from segnet_ros.node.inference.segmenter import Segmenter
from segnet_ros.node.label_info import LabelInfoPublisher
from segnet_ros.node.parameters.guarded import GuardedParameters
from segnet_ros.node.parameters.record import declare_parameters
from segnet_ros.node.parameters.segnet_parameters import Parameters
from segnet_ros.node.services import Services

LOOK_S = 1.0
"""Between two looks at the graph and at what is published of the classes."""
PAUSE_S = 0.05
"""Between two looks at whether loading has ended, or was given up."""
JOIN_S = 1.0
"""How long the image in progress may take to end; loading leaves nothing behind, so no time."""


class SegNetNode(GuardedParameters, LifecycleNode):
    """
    Segment the images of one or more cameras.

    The executor's callbacks return at once; an ``InferenceThread`` does the work. A managed node,
    which configures (loads and warms up the network) and activates (subscribes to the cameras)
    itself, unless it is told not to.
    """

    def __init__(self, predictor_factory: PredictorFactory) -> None:
        """
        Begin to load, unless the parameter ``autostart`` is false.

        :param predictor_factory: called in the inference thread
        :raises ParameterError: if a parameter has a value that it cannot take
        """
        super().__init__('segnet')
        self._factory = predictor_factory
        self.parameters = declare_parameters(self, Parameters)
        self._mailbox: Mailbox[CameraImage] = Mailbox()
        self._cameras = [
            Camera(self, name, self.parameters, self._mailbox) for name in self.parameters.cameras
        ]
        self._label_info = LabelInfoPublisher(self, self.parameters.cameras)
        self._segmenter = Segmenter(self._make_thread)
        self._diagnostics = Diagnostics(self, self._cameras, self._segmenter, self._label_info)
        Services(self, self._cameras, self._segmenter, self._describe_network)
        self.add_on_set_parameters_callback(self._refuse_what_the_network_lacks)
        self._is_active = False
        self._is_leaving = threading.Event()
        self._starts_itself = self.parameters.autostart
        self._start_failure = ''
        self._wake_up = self.create_guard_condition(self._start_when_loaded)
        # Steady, because a step of the system time must not stop it.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(LOOK_S, self._look, clock=steady)
        period_s = self.parameters.diagnostics_period
        self.create_timer(period_s, self._publish_diagnostics, clock=steady)
        if self._starts_itself:
            self._segmenter.start()

    @property
    def failure(self) -> str:
        """Why the node cannot go on; empty if it can."""
        # Whoever configures it from outside is told, and may try again.
        is_fatal = self._starts_itself or self._is_active
        return self._start_failure or (self._segmenter.failure if is_fatal else '')

    def wake(self) -> None:
        """Make a waiting executor return from ``spin_once``; safe from any thread."""
        with contextlib.suppress(InvalidHandle):  # destroyed: nothing waits
            self._wake_up.trigger()

    def leave(self) -> None:
        """Begin to end: wait for nothing any more; safe from any thread."""
        self._is_leaving.set()
        self.wake()

    def stop(self) -> None:
        """Publish no more images, and give the inference thread a moment to end."""
        self._segmenter.stop(timeout_s=JOIN_S if self._segmenter.predictor else 0.0)

    def destroy_node(self) -> None:
        """Leave the graph."""
        super().destroy_node()
        # rclpy forgets it; it holds the node, which would be seen until DDS believes it dead.
        self._state_machine.destroy_when_not_in_use()

    def _LifecycleNodeMixin__change_state(  # noqa: N802 - the name that rclpy calls
        self, transition_id: int
    ) -> TransitionCallbackReturn:
        """Refuse a transition that the state does not have; before Kilted, rclpy raises."""
        change = super()._LifecycleNodeMixin__change_state  # type: ignore[misc]
        try:
            return change(transition_id)  # type: ignore[no-any-return]
        except RuntimeError as error:
            self.get_logger().error(f'transition refused: {error}')
            return TransitionCallbackReturn.ERROR

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up; done already where the node starts itself."""
        self._starts_itself = False  # whoever configures it is in charge
        self._segmenter.start()
        due = 0.0
        while not self._segmenter.wait(PAUSE_S):
            if self._is_leaving.is_set():
                return TransitionCallbackReturn.FAILURE
            if time.monotonic() > due:
                self._publish_diagnostics()
                due = time.monotonic() + self.parameters.diagnostics_period
        if self._segmenter.failure:
            self.get_logger().error(self._segmenter.failure)
            self._segmenter.give_up(JOIN_S)
            return TransitionCallbackReturn.FAILURE
        self._tell_classes()  # before the first label image
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the cameras."""
        try:
            for camera in self._cameras:
                camera.follow_publishers()
        except (RuntimeError, ValueError) as error:  # a wrong qos_overrides; rclpy would be silent
            self.get_logger().error(f'cannot hear the cameras: {error}')
            self.on_deactivate(state)
            return TransitionCallbackReturn.FAILURE
        self._is_active = True
        self.get_logger().info(f'ready: {self._describe_network()}')
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Hear no more images, and publish nothing more; the network stays loaded."""
        self._is_active = False
        for camera in self._cameras:
            camera.unsubscribe()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the network's memory."""
        self._segmenter.free(JOIN_S)
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Do both, in whatever state; the process goes on until it is ended."""
        self.on_deactivate(state)
        return self.on_cleanup(state)

    def _start_when_loaded(self) -> None:
        """Configure and activate as soon as there is somebody to take images."""
        if self._starts_itself and self._segmenter.predictor:
            steps = (self.trigger_configure, self.trigger_activate)
            if not all(step() == TransitionCallbackReturn.SUCCESS for step in steps):
                self._start_failure = 'could not start, for the reason above'

    def _make_thread(self, predecessor: InferenceThread | None) -> InferenceThread:
        values = self.read_parameters(Parameters)
        # Not the predictor itself, which would live as long as its successor.
        present = predecessor.predictor if predecessor else None
        names = present.label_set.names if present else None
        return InferenceThread(
            load=lambda: load_network(self._factory, values, names, self.get_logger()),
            mailbox=self._mailbox,
            read_parameters=lambda: self.read_parameters(Parameters),
            read_age=self._read_age,
            notify=self.wake,
            logger=self.get_logger(),
            predecessor=predecessor,
        )

    def _refuse_what_the_network_lacks(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        predictor = self._segmenter.predictor
        for change in changes:
            if change.name in CHECKS and self._segmenter.is_loading:
                reason = 'expected a network that is loaded, found it loading; try later'
                return SetParametersResult(successful=False, reason=reason)
            if change.name in CHECKS and predictor:
                try:
                    CHECKS[change.name](change.value, predictor)
                except ValueError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _describe_network(self) -> str:
        predictor = self._segmenter.predictor
        assert predictor is not None
        return (
            f'{", ".join(camera.topic for camera in self._cameras)}, device {predictor.device}, '
            f'precision {predictor.precision}, input {format_size(predictor.input_size)}, '
            f'{predictor.label_set.num_classes} classes of {predictor.label_set.name}'
        )

    def _look(self) -> None:
        """Do what the graph or the parameters ask for since the last look."""
        self._tell_classes()
        if self._is_active:
            for camera in self._cameras:
                camera.follow_publishers()
            self._diagnostics.look_for_advice()

    def _tell_classes(self) -> None:
        """Publish the names of the classes, where they or the parameters have changed."""
        predictor = self._segmenter.predictor
        if predictor:
            threshold = self.read_parameters(Parameters).min_confidence
            self._label_info.update(predictor.label_set.names, threshold)

    def _publish_diagnostics(self) -> None:
        self._diagnostics.publish(self.read_parameters(Parameters), self._is_active)

    def _read_age(self, item: CameraImage) -> float:
        age_ns = self.get_clock().now().nanoseconds - item.message.origin.stamp_ns
        return age_ns / 1e9
