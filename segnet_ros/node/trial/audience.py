"""Who hears a node on trial: its label images and its diagnostics."""

from __future__ import annotations

import time
from typing import Any
from typing import Generic
from typing import TypeVar

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from segnet_ros.node.images.conversions import read_stamp
from sensor_msgs.msg import Image

T = TypeVar('T')
Self = TypeVar('Self', bound='Audience[Any]')

NODE = 'segnet'
"""Name of the node on trial."""
QUEUE_DEPTH = 100
"""Messages that may wait while others are dealt with."""


class Audience(Generic[T]):
    """
    Subscribe to labels and diagnostics of a node; for use as a context manager.

    What an image is expected for is told by :meth:`expect` and handed to :meth:`take` with the
    label image that has its stamp.

    :ivar node: of the audience, for more subscriptions and publishers
    :ivar count: label images so far
    :ivar ages_ms: of those that were expected: from the stamp to the arrival here, in their order
    :ivar status: values of the camera's last diagnostics, by key
    :ivar message: of the camera's last diagnostics: what is wrong, or OK
    :ivar network: values of the network's last diagnostics, by key, with ``hardware_id``
    :ivar idle: diagnostics in a row, and since the last :meth:`forget_status`, that show a node
        without an image to deal with
    """

    def __init__(self, name: str) -> None:
        """
        Join the ROS graph.

        :param name: of the audience's own node
        """
        self.count = 0
        self.ages_ms: list[float] = []
        self.status: dict[str, str] = {}
        self.message = ''
        self.network: dict[str, str] = {}
        self.idle = 0
        self._expected: dict[int, T] = {}
        self._first_s = self._last_s = 0.0
        self._status_from_ns = 0
        # Not the command line, of which a part may be for the node on trial.
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node(name)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.node.create_subscription(Image, f'{NODE}/label', self._compare, QUEUE_DEPTH)
        self.node.create_subscription(
            DiagnosticArray, '/diagnostics', self._note_status, QUEUE_DEPTH
        )

    def __enter__(self: Self) -> Self:
        """Hear from here on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self.node.destroy_node()
        try_shutdown()

    @property
    def rate(self) -> float:
        """Label images per second; nan with less than two."""
        if self.count < 2:
            return float('nan')
        return (self.count - 1) / (self._last_s - self._first_s)

    def expect(self, stamp_ns: int, what: T) -> None:
        """
        Expect a label image.

        :param stamp_ns: of the image
        :param what: to hand to :meth:`take` with it
        """
        self._expected[stamp_ns] = what

    def forget_expected(self, kept: int) -> None:
        """
        Expect no more than so many label images.

        :param kept: the newest stay
        """
        while len(self._expected) > kept:
            del self._expected[min(self._expected)]

    def take(self, label: NDArray[np.uint8], what: T) -> None:
        """
        Take a label image that was expected.

        :param label: class ids, uint8 (H, W)
        :param what: it was expected for
        """
        raise NotImplementedError

    def spin_once(self, timeout_s: float = 0.1) -> None:
        """Handle one message, or wait for one for a moment."""
        self._executor.spin_once(timeout_sec=timeout_s)

    def forget_status(self) -> None:
        """Wait for a diagnostics message that is made from now on."""
        self.status = {}
        self.idle = 0
        self._status_from_ns = time.time_ns()

    @property
    def is_idle(self) -> bool:
        """Whether the node, by its last diagnostics message, has dealt with every image."""
        return self.idle > 0

    @property
    def is_complete(self) -> bool:
        """Whether all that the node has published of the images it processed is here."""
        return self.count >= int(self.status['processed'])

    def _compare(self, message: Image) -> None:
        self.count += 1
        self._last_s = time.monotonic()
        if self.count == 1:
            self._first_s = self._last_s
        stamp_ns = read_stamp(message.header)
        what = self._expected.pop(stamp_ns, None)
        if what is not None:
            self.ages_ms.append((time.time_ns() - stamp_ns) / 1e6)
            self.take(read_label(message), what)

    def _note_status(self, message: DiagnosticArray) -> None:
        if read_stamp(message.header) < self._status_from_ns:
            return
        # Others on a robot tell their health there, too.
        names = [status.name for status in message.status]
        if not names or any(not name.startswith(f'{NODE}: ') for name in names):
            return
        camera, network, *_ = message.status
        self.status = {entry.key: entry.value for entry in camera.values}
        self.message = camera.message
        self.network = {entry.key: entry.value for entry in network.values}
        self.network['hardware_id'] = network.hardware_id
        is_idle = self.status['waiting'] == self.status['in progress'] == '0'
        self.idle = self.idle + 1 if is_idle else 0


def read_label(message: Image) -> NDArray[np.uint8]:
    """
    View a label image message as an array.

    :param message: mono8, without padding
    :return: class ids, uint8 (H, W)
    """
    return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width)
