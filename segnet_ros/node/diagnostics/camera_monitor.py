"""The status of one camera for ``/diagnostics``: counts, drops by reason, ages."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import time
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus
from segnet_ros.node.cameras.age import Ages
from segnet_ros.node.cameras.age import CLOCK_MISMATCH
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.cameras.image_subscription import describe_profile
from segnet_ros.node.cameras.slot import Counts
from segnet_ros.node.diagnostics.rate_watch import RateWatch
from segnet_ros.node.diagnostics.status import format_number
from segnet_ros.node.diagnostics.status import format_size
from segnet_ros.node.diagnostics.status import make_status
from segnet_ros.node.diagnostics.trouble import Advice
from segnet_ros.node.parameters.segnet_parameters import Parameters

HARMLESS = (
    'replaced',
    'no_subscriber',
    'rate_capped',
    'disabled',
    'too_old',
    'inactive',
    'stopped',
)
"""Reasons to drop an image that do not speak against the image."""


class Rates(NamedTuple):
    """Images per second since the last look; None where that is not known."""

    received: float | None
    processed: float | None


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
        self._asked_at = time.monotonic()
        self._rate_watch = RateWatch()

    def status(
        self,
        hardware_id: str,
        classes: Sequence[str],
        obstacle: str,
        advice: Advice,
        parameters: Parameters,
    ) -> DiagnosticStatus:
        """
        Describe the camera now.

        :param hardware_id: what the network runs on
        :param classes: names by class id; none until the network is loaded
        :param obstacle: why no images are segmented; empty if they are
        :param advice: what is wrong and what to do, as the log has it
        :param parameters: say what to expect of the camera
        """
        counts = self._camera.slot.counts()
        ages = self._camera.ages.summary()
        rates = self._measure_rates(counts)
        if obstacle:
            self._rate_watch.begin_anew()  # no images are heard
        slowness = self._rate_watch.find(time.monotonic(), counts.received, parameters)
        refused = self._find_refused(counts)
        self._previous = counts
        found = [obstacle] if obstacle else self._find_trouble(advice, ages, slowness, parameters)
        level = DiagnosticStatus.WARN if found else DiagnosticStatus.OK
        if refused:
            level, found = DiagnosticStatus.ERROR, [refused, *found]
        message, *rest = found or ['OK']
        values = {
            **_describe_counts(counts),
            **_describe_ages(ages),
            **_describe_rates(rates),
            **self._describe_input(),
        }
        values['classes'] = ', '.join(classes)
        values['advice'] = ' | '.join(rest)
        return make_status(
            self._node_name, self._camera.topic, level, message, hardware_id, values
        )

    def _measure_rates(self, counts: Counts) -> Rates:
        now = time.monotonic()
        elapsed_s, self._asked_at = now - self._asked_at, now
        before = self._previous
        # Fewer than before: the statistics began anew.
        if before is None or elapsed_s <= 0 or counts.received < before.received:
            return Rates(None, None)
        return Rates(
            (counts.received - before.received) / elapsed_s,
            (counts.processed - before.processed) / elapsed_s,
        )

    def _find_trouble(
        self, advice: Advice, ages: Ages, slowness: str, parameters: Parameters
    ) -> list[str]:
        """List what is wrong, the most important first: what keeps all images away."""
        silence_s = time.monotonic() - self._camera.last_arrival
        is_silent = silence_s > parameters.stall_timeout
        silence = f'no image for {silence_s:.0f} s; is the camera running, and its driver?'
        found = [advice.input or (silence if is_silent else ''), *advice.others]
        if not is_silent:  # what follows is about images that come
            clocks = CLOCK_MISMATCH if ages.is_mismatched else ''
            found += [clocks, slowness, _warn_of_age(ages, parameters)]
        return [text for text in found if text]

    def _find_refused(self, counts: Counts) -> str:
        """Say why images were refused since the last look; empty if none was."""
        before: Mapping[str, int] = self._previous.dropped if self._previous else {}
        reasons = [
            reason
            for reason, number in counts.dropped.items()
            if reason not in HARMLESS and number > before.get(reason, 0)
        ]
        if not reasons:
            return ''
        return f'images refused ({", ".join(reasons)}): {self._camera.refusal}'

    def _describe_input(self) -> dict[str, str]:
        camera = self._camera
        return {
            'stamps not increasing': str(camera.disordered),
            'lost in transport': 'unknown' if camera.lost is None else str(camera.lost),
            'topic': camera.topic,
            'encoding': camera.encoding,
            'size': format_size(camera.size),
            'last image (s ago)': format_number(time.monotonic() - camera.last_arrival),
            **describe_profile(camera.profile),
            'publishers': str(camera.publishers),
        }


def _warn_of_age(ages: Ages, parameters: Parameters) -> str:
    """Say how old outputs are, where the parameters expect less; empty if they are not."""
    limit_ms = parameters.max_latency_warn_ms
    if limit_ms and ages.p95_ms is not None and ages.p95_ms > limit_ms:
        return f'outputs are {ages.p95_ms:.0f} ms old (p95), expected at most {limit_ms:g}'
    return ''


def _describe_rates(rates: Rates) -> dict[str, str]:
    return {
        'received per second': format_number(rates.received),
        'processed per second': format_number(rates.processed),
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
        'age max (ms)': format_number(ages.max_ms),
        'clock mismatch': str(ages.mismatched),
    }
