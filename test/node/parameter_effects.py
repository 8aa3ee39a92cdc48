"""A running node whose parameters are changed, and how the good value of each is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
import json
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from node_control import NodeProcess
import numpy as np
from parameter_cases import CAMERA
from parameter_cases import Case
from parameter_cases import NODE
from rcl_interfaces.srv import GetParameters
from rcl_interfaces.srv import SetParameters
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from ros_client import make_image
from ros_client import RELIABLE
from ros_client import RosClient
from segnet_ros.node.images.compression import fill_jpeg
from segnet_ros.node.images.compression import fill_png
from segnet_ros.node.parameters.segnet_parameters import CameraParameters
from segnet_ros.node.parameters.segnet_parameters import Parameters
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header
from std_srvs.srv import Trigger

PREFIX = 'camera.front.'
CASES: dict[str, Case] = {**NODE, **{PREFIX + name: case for name, case in CAMERA.items()}}
ENTRIES = {
    **{entry.name: entry for entry in fields(Parameters)},
    **{PREFIX + entry.name: entry for entry in fields(CameraParameters)},
}
TOPIC = 'front/image_raw/compressed'
PIXELS = np.random.default_rng(5).integers(0, 256, (40, 60, 3), dtype=np.uint8) // 16 * 16
SMALL = np.resize(PIXELS, (20, 30, 3))
"""What the stand-in makes of it where output_scale is 0.5."""


class RunningNode:
    """A node that was started with the good value of all that counts at the start only."""

    def __init__(self, client: RosClient, node: NodeProcess) -> None:
        """Find the services once, for all tests."""
        self.client = client
        self.node = node
        self._set = client.find_service(SetParameters, 'segnet/set_parameters')
        self._set_together = client.find_service(
            SetParametersAtomically, 'segnet/set_parameters_atomically'
        )
        self._get = client.find_service(GetParameters, 'segnet/get_parameters')

    def set(self, name: str, value: Any) -> Any:
        """Ask for a change of one parameter; return the result."""
        parameters = [Parameter(name, value=value).to_parameter_msg()]
        (result,) = self.client.ask(
            self._set, SetParameters.Request(parameters=parameters)
        ).results
        return result

    def set_together(self, *changes: tuple[str, Any]) -> Any:
        """Ask for a change of several parameters at once; return the result."""
        parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in changes]
        request = SetParametersAtomically.Request(parameters=parameters)
        return self.client.ask(self._set_together, request).result

    def read_all(self) -> list[Any]:
        """Read every parameter that is declared."""
        values = self.client.ask(self._get, GetParameters.Request(names=list(ENTRIES))).values
        assert len(values) == len(ENTRIES)
        return list(values)

    def reload(self) -> Any:
        """Let a changed checkpoint count."""
        return self.client.call(Trigger, 'segnet/reload', Trigger.Request())

    def record(self, output: str, kind: type = CompressedImage) -> list[Any]:
        """Return the list that fills with an output."""
        return self.client.record(f'segnet/front/{output}', kind)

    def publish_until(
        self, is_done: Callable[[], Any], age_s: float = 0.0, period_s: float = 0.02
    ) -> None:
        """Publish images until the condition holds."""
        camera = self.client.node.create_publisher(CompressedImage, TOPIC, 1)

        def make() -> CompressedImage:
            message = CompressedImage()
            stamp_ns = time.time_ns() - round(age_s * 1e9)
            fill_png(message, PIXELS, make_image(PIXELS, stamp_ns=stamp_ns).header, 1)
            return message

        self.client.publish_until(camera, make, is_done, period_s)


def see_autostart(running: RunningNode) -> None:
    assert running.node.output.index('warming up') > 0  # and not before, see the fixture


def see_load(running: RunningNode) -> None:
    found = json.loads(running.node.wait_for('loading [').removeprefix('loading '))
    assert found == [
        '', {'device': 'cpu', 'precision': 'bf16', 'input_size': [64, 96], 'cpu_threads': 2,
             'backend': 'onnxruntime'}
    ]  # fmt: skip


def see_subscription(running: RunningNode) -> None:
    """Without a publisher it would be best effort by itself."""
    (found,) = running.client.node.get_subscriptions_info_by_topic(f'/{TOPIC}')
    assert found.node_name == 'segnet'
    assert found.qos_profile.reliability == RELIABLE


def see_output_size(running: RunningNode) -> None:
    heard = running.client.record('segnet/front/label')
    running.publish_until(lambda: heard)
    assert (heard[-1].height, heard[-1].width) == SMALL.shape[:2]


def see_batch(running: RunningNode) -> None:
    statuses = running.client.record_network_diagnostics()
    running.client.spin_until(
        lambda: any(status.get('images at once') == '2' for status in statuses)
    )


def see_diagnostics_period(running: RunningNode) -> None:
    heard = running.client.record('/diagnostics', DiagnosticArray)
    running.client.spin_until(lambda: len(heard) > 5)
    stamps = [message.header.stamp for message in heard]
    times = np.array([stamp.sec + stamp.nanosec / 1e9 for stamp in stamps])
    assert 0.1 < np.median(np.diff(times)) < 0.8


def see_checkpoint(running: RunningNode) -> None:
    _ = running.record('label/compressed')
    answer = running.reload()
    assert answer.success, answer.message
    before = len(running.node.reports)
    running.publish_until(lambda: len(running.node.reports) > before)
    assert running.node.reports[-1]['checkpoint'] == 'there'


def see_hash(running: RunningNode) -> None:
    answer = running.reload()
    assert not answer.success
    assert f'expected SHA-256 {"0" * 64}, found' in answer.message


def see_opacity(running: RunningNode) -> None:
    heard = running.client.record('segnet/front/overlay')
    expected = (SMALL * 0.25).astype(np.uint8).tobytes()
    running.publish_until(lambda: heard and heard[-1].data.tobytes() == expected)


def see_selection(running: RunningNode, number: int, expected: object) -> None:
    _ = running.record('label/compressed')
    reports = running.node.reports
    before = len(reports)
    running.publish_until(
        lambda: (
            (reports := running.node.reports)
            and len(reports) > before
            and reports[-1]['selection'][number] == expected
        )
    )


def see_samples(running: RunningNode) -> None:
    _ = running.record('label/compressed')
    running.publish_until(lambda: running.node.reports[-1:][0]['mc_samples'] == 7)


def see_file(
    running: RunningNode, output: str, fill: Callable[..., None], array: Any, default: int
) -> None:
    """Check that an output is compressed by the good value, which differs from the default."""
    name = 'jpeg_quality' if fill is fill_jpeg else 'png_level'
    expected, other = CompressedImage(), CompressedImage()
    fill(expected, array, Header(), CASES[name].good)
    fill(other, array, Header(), default)
    assert expected.data != other.data
    heard = running.record(f'{output}/compressed')
    running.publish_until(lambda: heard and heard[-1].data == expected.data)


def see_drops(running: RunningNode, reason: str, age_s: float = 0.0) -> None:
    _ = running.record('label/compressed')
    statuses = running.client.record_diagnostics()

    def count() -> int:
        return int(statuses[-1].get(f'dropped: {reason}', 0)) if statuses else 0

    running.client.spin_until(lambda: statuses)
    before = count()
    running.publish_until(lambda: count() > before + 2, age_s)


def see_message(running: RunningNode, text: str, period_s: float = 0.02) -> None:
    _ = running.record('label/compressed')
    statuses = running.client.record_diagnostics()
    running.publish_until(
        lambda: any(text in status['message'] for status in statuses), period_s=period_s
    )


EFFECTS: dict[str, Callable[[RunningNode], None]] = {
    'autostart': see_autostart,
    **dict.fromkeys(
        ('device', 'precision', 'backend', 'input_height', 'input_width', 'cpu_threads'), see_load
    ),
    **dict.fromkeys(('cameras', 'image_transport', 'input_reliability'), see_subscription),
    **dict.fromkeys(('output_size', 'output_scale'), see_output_size),
    'max_batch': see_batch,
    'diagnostics_period': see_diagnostics_period,
    'checkpoint': see_checkpoint,
    'checkpoint_sha256': see_hash,
    'overlay_opacity': see_opacity,
    'classes': lambda running: see_selection(running, 0, [1]),
    'min_confidence': lambda running: see_selection(running, 1, 0.5),
    'mc_samples': see_samples,
    'jpeg_quality': lambda running: see_file(
        running, 'overlay', fill_jpeg, (SMALL * 0.5).astype(np.uint8), 80
    ),
    'png_level': lambda running: see_file(running, 'label', fill_png, SMALL[..., 0], 1),
    'max_age': lambda running: see_drops(running, 'too_old', age_s=5.0),
    'expected_rate': lambda running: see_message(running, 'images per second, expected 500'),
    'stall_timeout': lambda running: see_message(running, 'no image for 0 s', period_s=0.6),
    'max_latency_warn_ms': lambda running: see_message(running, ' ms old (p95), expected at most'),
    f'{PREFIX}enabled': lambda running: see_drops(running, 'disabled'),
    f'{PREFIX}max_rate': lambda running: see_drops(running, 'rate_capped'),
}
"""By parameter, how its good value is seen."""
