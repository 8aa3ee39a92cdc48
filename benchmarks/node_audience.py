"""Who listens to the node in the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from segnet_ros.node.images.conversions import read_stamp
from sensor_msgs.msg import Image


class Audience:
    """Subscribe to outputs and diagnostics; for use as a context manager."""

    def __init__(self, outputs: Sequence[str]) -> None:
        self._ages: list[float] = []
        self._status: dict[str, str] = {}
        self._model: dict[str, str] = {}
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node('audience')
        for output in outputs:
            is_last = output == outputs[-1]
            self._node.create_subscription(
                Image,
                f'segnet/{output}',
                self._note_age if is_last else self._ignore,
                1,
                raw=False,
            )
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._note_status, 10)

    def __enter__(self) -> Audience:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.destroy_node()
        try_shutdown()

    def wait_for_results(self, seconds: float) -> bool:
        """Wait for the first output; False if none comes."""
        end = time.monotonic() + seconds
        while not self._ages and time.monotonic() < end:
            rclpy.spin_once(self._node, timeout_sec=0.1)
        return bool(self._ages)

    def listen(self, seconds: float) -> None:
        """Handle messages for a time."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            rclpy.spin_once(self._node, timeout_sec=rest)

    def begin(self) -> dict[str, str]:
        """Forget what came so far, and return the counts at which it starts."""
        self._status = {}
        while not self._status:
            rclpy.spin_once(self._node, timeout_sec=0.1)
        self._ages = []
        return self._status

    def summarize(self, before: dict[str, str], duration: float) -> dict[str, Any]:
        """Put into figures what came since, by the node's own counts."""
        keys = [key for key in self._status if key.startswith('dropped: ')]
        return {
            **{name: self._count(name, before) for name in ('received', 'processed')},
            'arrived': len(self._ages),
            'dropped': {key.partition(': ')[2]: self._count(key, before) for key in keys},
            'age': percentiles(self._ages),
            'age_p50_ms': self._status['age p50 (ms)'],
            'age_p95_ms': self._status['age p95 (ms)'],
            'load_s': float(self._model['loaded in (s)']),
            'warm_up_s': float(self._model['warmed up in (s)']),
        }

    def _count(self, name: str, before: dict[str, str]) -> int:
        return int(self._status.get(name, 0)) - int(before.get(name, 0))

    def _note_age(self, message: Image) -> None:
        self._ages.append((time.time_ns() - read_stamp(message.header)) / 1e9)

    def _note_status(self, message: DiagnosticArray) -> None:
        self._status = _read_values(message.status[0])
        (model,) = (status for status in message.status if status.name == 'segnet: model')
        self._model = _read_values(model)

    @staticmethod
    def _ignore(_: Image) -> None:
        pass


def _read_values(status: DiagnosticStatus) -> dict[str, str]:
    return {entry.key: entry.value for entry in status.values}


def percentiles(values: list[float]) -> dict[str, float]:
    """Sum up some durations."""
    points = {'p50': 50, 'p95': 95, 'p99': 99, 'max': 100}
    return {name: float(np.percentile(values, point)) for name, point in points.items()}
