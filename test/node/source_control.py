"""Start, hear and end an image source in its own process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import subprocess
import sys
import time
import uuid

from node_control import make_parameter_arguments
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0


class Source:
    """A running image source in a namespace that no other test uses."""

    def __init__(self, *python_options: str, namespace: str = '', **parameters: object) -> None:
        """:param namespace: empty for one of its own."""
        self.namespace = namespace or f'/source_{uuid.uuid4().hex}'
        self.is_reliable = parameters.get('reliability') != 'best_effort'
        command = [sys.executable, *python_options, '-m', 'segnet_ros.node.image_source']
        command += [*make_parameter_arguments(parameters), '-r', f'__ns:={self.namespace}']
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)

    def wait(self) -> tuple[int, str]:
        """Wait for the process to end; returns exit status and what it logged."""
        _, log = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, log

    def stop(self, number: int) -> tuple[int, str, float]:
        """Send a signal; returns exit status, log and the seconds that the end took."""
        start = time.monotonic()
        self.process.send_signal(number)
        status, log = self.wait()
        return status, log, time.monotonic() - start


class Listener:
    """Subscribers to what an image source publishes."""

    def __init__(self, source: Source, context: Context) -> None:
        self.images: list[Image] = []
        self.infos: list[CameraInfo] = []
        self.labels: list[Image] = []
        self.node = rclpy.create_node('listener', namespace=source.namespace, context=context)
        qos = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
        if source.is_reliable:
            qos.reliability = ReliabilityPolicy.RELIABLE
        self.node.create_subscription(CameraInfo, 'camera_info', self.infos.append, qos)
        self.node.create_subscription(Image, 'label', self.labels.append, qos)
        self.node.create_subscription(Image, 'image_raw', self.images.append, qos)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)

    def spin_until(self, condition: Callable[[], bool]) -> None:
        """Receive until a condition holds; fail at the deadline."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end, f'only {len(self.images)} images arrived'
            self._executor.spin_once(timeout_sec=0.1)
