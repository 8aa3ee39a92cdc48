"""A participant of the graph for tests: publishes images, records what comes back."""

from __future__ import annotations

import array
from collections.abc import Callable
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from numpy.typing import NDArray
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.client import Client
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import HistoryPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.task import Future
from sensor_msgs.msg import Image

PATIENCE_S = 30.0
MATCHING_S = 0.5
"""From the discovery of a service to its discovery of the client."""
LOST_S = 8.0
"""Until an answer counts as lost: on a busy machine, the client was not yet discovered."""
RELIABLE = ReliabilityPolicy.RELIABLE
BEST_EFFORT = ReliabilityPolicy.BEST_EFFORT


def make_image(
    pixels: NDArray[np.uint8], encoding: str = 'rgb8', padding: int = 0, stamp_ns: int = 0
) -> Image:
    """
    Make an image message.

    :param pixels: uint8 (H, W, C) or (H, W)
    :param padding: bytes that each row is longer than its pixels
    :param stamp_ns: 0 for now
    """
    rows = pixels.reshape(pixels.shape[0], -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=99)
    message = Image(height=pixels.shape[0], width=pixels.shape[1], encoding=encoding)
    stamp_ns = stamp_ns or time.time_ns()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    message.header.frame_id = 'camera_optical'
    message.step = padded.shape[1]
    message.data = array.array('B', padded.tobytes())
    return message


class RosClient:
    """Everything a test does on the graph; one thread, which waits in ``spin_until``."""

    def __init__(self) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = rclpy.create_node('test_client', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def advertise(
        self, topic: str = 'image_raw', reliability: ReliabilityPolicy = RELIABLE
    ) -> Publisher:
        """Create a camera's publisher."""
        profile = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=reliability)
        return self.node.create_publisher(Image, topic, profile)

    def record(self, topic: str, kind: type = Image, profile: QoSProfile | int = 100) -> list[Any]:
        """
        Subscribe, and return the list that fills with what is heard.

        :param profile: of the subscription; a number is a depth, and the rest is default
        """
        heard: list[Any] = []
        self.node.create_subscription(kind, topic, heard.append, profile)
        return heard

    def record_diagnostics(self) -> list[dict[str, str]]:
        """Return the list that fills with the values of each camera's status heard."""
        return self._record_statuses(lambda values: 'received' in values)

    def record_network_diagnostics(self) -> list[dict[str, str]]:
        """Return the list that fills with the values of each status of model and inference."""
        return self._record_statuses(lambda values: 'received' not in values)

    def _record_statuses(
        self, is_wanted: Callable[[dict[str, str]], bool]
    ) -> list[dict[str, str]]:
        heard: list[dict[str, str]] = []

        def keep(message: DiagnosticArray) -> None:
            for status in message.status:
                values = {entry.key: entry.value for entry in status.values}
                values.update(
                    name=status.name,
                    level=str(status.level[0]),
                    message=status.message,
                    hardware_id=status.hardware_id,
                )
                if is_wanted(values):
                    heard.append(values)

        self.node.create_subscription(DiagnosticArray, '/diagnostics', keep, 100)
        return heard

    def spin_until(
        self, is_done: Callable[[], Any], what: str = 'event', timeout_s: float = PATIENCE_S
    ) -> None:
        """Take messages until the condition holds; fail after the timeout."""
        deadline = time.monotonic() + timeout_s
        while not is_done():
            assert time.monotonic() < deadline, f'no {what} within {timeout_s} s'
            self._executor.spin_once(timeout_sec=0.02)

    def spin_for(self, duration_s: float) -> None:
        """Take messages for a time."""
        end = time.monotonic() + duration_s
        while (remaining_s := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=remaining_s)

    def publish_until(
        self,
        publisher: Publisher,
        make: Callable[[], Image],
        is_done: Callable[[], Any],
        period_s: float = 0.1,
    ) -> None:
        """Publish an image per period until the condition holds; fail after the timeout."""
        self.repeat_until(lambda: publisher.publish(make()), is_done, period_s)

    def repeat_until(
        self, act: Callable[[], None], is_done: Callable[[], Any], period_s: float = 0.05
    ) -> None:
        """Do something once per period until the condition holds; fail after the timeout."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_done():
            assert time.monotonic() < deadline, f'no event within {PATIENCE_S} s'
            act()
            self.spin_for(period_s)

    def find_service(self, kind: type, name: str) -> Client[Any, Any]:
        """Wait for a service until it can be called; whoever asks destroys the client."""
        service = self.node.create_client(kind, name)
        assert service.wait_for_service(PATIENCE_S), f'no service {name}'
        # It is heard now, but may not hear yet, and its answer would be lost; there is no event.
        self.spin_for(MATCHING_S)
        return service

    def call(
        self, kind: type, name: str, request: Any, between: Callable[[], None] | None = None
    ) -> Any:
        """Find a service, and :meth:`ask` it once."""
        service = self.find_service(kind, name)
        try:
            return self.ask(service, request, between)
        finally:
            self.node.destroy_client(service)

    def ask(
        self,
        service: Client[Any, Any],
        request: Any,
        between: Callable[[], None] | None = None,
    ) -> Any:
        """
        Call a service and return its answer; ask again where one may have got lost.

        :param service: of :meth:`find_service`
        :param between: called again and again while the answer is awaited
        """
        answers: list[Any] = []

        def is_done(futures: list[Future[Any]]) -> bool:
            if between:
                between()
            answers[:] = [future.result() for future in futures if future.done()]
            return bool(answers)

        self.request_until(service, request, is_done, f'answer of {service.srv_name}')
        return answers[0]

    def request_until(
        self,
        service: Client[Any, Any],
        request: Any,
        is_done: Callable[[list[Future[Any]]], bool],
        what: str,
    ) -> None:
        """
        Send a request, and again where it may have got lost, until the condition holds.

        :param is_done: is given the futures of all that was sent
        """
        futures: list[Future[Any]] = []
        next_s = 0.0

        def send_and_look() -> bool:
            nonlocal next_s
            if time.monotonic() > next_s:
                futures.append(service.call_async(request))
                next_s = time.monotonic() + LOST_S
            return is_done(futures)

        self.spin_until(send_and_look, what)

    def set_parameter(self, node: str, name: str, value: Any) -> None:
        """Change a parameter of a node, which has to take it."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()]
        )
        answer = self.call(SetParameters, f'{node}/set_parameters', request)
        assert all(result.successful for result in answer.results), answer

    def wait_for_subscriber(self, publisher: Publisher) -> None:
        """Wait until someone hears the publisher."""
        self.spin_until(lambda: publisher.get_subscription_count() > 0, 'subscriber')

    def reset(self) -> None:
        """Remove all publishers and subscriptions."""
        for publisher in list(self.node.publishers):
            if publisher.topic_name not in ('/rosout', '/parameter_events'):
                self.node.destroy_publisher(publisher)
        for subscription in list(self.node.subscriptions):
            self.node.destroy_subscription(subscription)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()
