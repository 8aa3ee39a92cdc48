"""The status of one camera for ``/diagnostics``: counts, drops by reason, ages."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import time

from diagnostic_msgs.msg import DiagnosticStatus
from segnet_ros.node.age import Ages
from segnet_ros.node.camera import Camera
from segnet_ros.node.mailbox import Counts
from segnet_ros.node.status import format_number
from segnet_ros.node.status import make_status

STALL_S = 2.0
"""Without an image for this long a camera counts as silent."""
HARMLESS = ('replaced', 'no_subscriber', 'rate_capped', 'disabled')
"""Reasons to drop an image that do not speak against the image."""


class CameraMonitor:
    """Describe a camera once per period; for the thread of the executor."""

    def __init__(self, node_name: str, camera: Camera) -> None:
        """
        Prepare.

        :param node_name: with namespace, so that two nodes on one camera differ
        """
        self._node_name = node_name
        self._camera = camera
        self._previous: Counts | None = None

    def status(self, device: str, classes: Sequence[str], obstacle: str) -> DiagnosticStatus:
        """
        Describe the camera now.

        :param device: what the network runs on
        :param classes: names by class id; none until the network is loaded
        :param obstacle: why no images are segmented; empty if they are
        """
        counts = self._camera.slot.counts()
        ages = self._camera.ages.summary()
        level, message = self._judge(counts, ages, obstacle)
        self._previous = counts
        values = {**_describe_counts(counts), **_describe_ages(ages), **self._describe_input()}
        values['classes'] = ', '.join(classes)
        return make_status(self._node_name, self._camera.topic, level, message, device, values)

    def _judge(self, counts: Counts, ages: Ages, obstacle: str) -> tuple[bytes, str]:
        if obstacle:
            return DiagnosticStatus.WARN, obstacle
        silence_s = time.monotonic() - self._camera.last_arrival
        if silence_s > STALL_S:
            return DiagnosticStatus.WARN, f'no image for {silence_s:.0f} s'
        refused = self._refused_since_previous(counts)
        if refused:
            return DiagnosticStatus.ERROR, f'images refused: {", ".join(refused)}'
        if ages.is_mismatched:
            return (
                DiagnosticStatus.WARN,
                'clock mismatch: age unknown; compare the clocks of camera and node, and '
                'use_sim_time of both',
            )
        return DiagnosticStatus.OK, 'OK'

    def _refused_since_previous(self, counts: Counts) -> list[str]:
        before: Mapping[str, int] = self._previous.dropped if self._previous else {}
        return [
            reason
            for reason, number in counts.dropped.items()
            if reason not in HARMLESS and number > before.get(reason, 0)
        ]

    def _describe_input(self) -> dict[str, str]:
        camera = self._camera
        return {
            'stamps not increasing': str(camera.disordered),
            'lost in transport': 'unknown' if camera.lost is None else str(camera.lost),
            'topic': camera.topic,
            'encoding': camera.encoding,
            'reliability': camera.reliability,
            'publishers': str(camera.publishers),
        }


def _describe_counts(counts: Counts) -> dict[str, str]:
    """Write down the counts of one moment, so that the sum holds in each message."""
    return {
        'received': str(counts.received),
        'processed': str(counts.processed),
        'dropped': str(sum(counts.dropped.values())),
        **{f'dropped: {reason}': str(n) for reason, n in sorted(counts.dropped.items())},
        'waiting': str(counts.waiting),
        'in progress': str(counts.in_progress),
    }


def _describe_ages(ages: Ages) -> dict[str, str]:
    return {
        'age p50 (ms)': format_number(ages.p50_ms),
        'age p95 (ms)': format_number(ages.p95_ms),
        'clock mismatch': str(ages.mismatched),
    }
