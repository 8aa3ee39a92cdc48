"""Images that are dropped one and all, though nothing is wrong with them."""

from __future__ import annotations

from collections import Counter

from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.cameras.slot import Counts
from segnet_ros.node.diagnostics.trouble import Trouble
from segnet_ros.node.parameters.segnet_parameters import prefix_of

PASSED_OVER = ('replaced', 'rate_capped')
"""Reasons that do not tell what would have become of an image."""
ENOUGH_DROPS = 3
"""In a row, to speak of all."""


class DropWatch:
    """Find whether a camera's images are all dropped for being old, or by a switch."""

    def __init__(self, camera: Camera) -> None:
        """Begin to watch."""
        self._camera = camera
        self._previous: Counter[str] = Counter()
        self._reason = ''
        self._in_a_row = 0

    def find(self) -> Trouble | None:
        """Look at what became of the images since the last look; None if some were segmented."""
        self._count(_list_fates(self._camera.slot.counts()))
        topic = self._camera.topic
        if self._in_a_row < ENOUGH_DROPS:
            return None
        if self._reason == 'too_old':
            text = (
                f'{topic}: all images are {self._camera.staleness}; compare the clocks of camera'
                ' and node, or raise max_age'
            )
            return Trouble('too_old', text)
        if self._reason == 'disabled':
            parameter = f'{prefix_of(self._camera.name)}enabled'
            text = f'{topic}: images are dropped, because ~/enable or {parameter} says so'
            return Trouble('disabled', text)
        return None

    def _count(self, fates: Counter[str]) -> None:
        """Count the images in a row that had the same fate."""
        new = fates - self._previous
        has_begun_anew = bool(self._previous - fates)
        self._previous = fates
        if has_begun_anew or len(new) > 1:
            self._reason, self._in_a_row = '', 0
        for reason, number in new.items() if len(new) == 1 else ():
            before = self._in_a_row if reason == self._reason else 0
            self._reason, self._in_a_row = reason, before + number


def _list_fates(counts: Counts) -> Counter[str]:
    """Count images by what became of them."""
    dropped = {k: n for k, n in counts.dropped.items() if k not in PASSED_OVER}
    return Counter({**dropped, 'processed': counts.processed})
