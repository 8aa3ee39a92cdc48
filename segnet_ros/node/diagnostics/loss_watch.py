"""Big images that get lost between a camera and the node."""

from __future__ import annotations

import time

from rclpy.utilities import get_rmw_implementation_identifier
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.diagnostics.sliding_counts import SlidingCounts
from segnet_ros.node.diagnostics.trouble import Trouble
from segnet_ros.node.process.dds_settings import name_profile_variable
from segnet_ros.node.process.share import find_shared_file

SEGMENT_SIZE = 500_000
"""Bytes; the shared-memory segment of Fast DDS has 512 KB if nothing else is configured."""
WINDOW_S, ENOUGH_IMAGES = 10.0, 30
"""Loss is judged over this time, or as long as it takes to send so many."""


class LossWatch:
    """Find whether less than half of what a camera sent has arrived lately."""

    def __init__(self, camera: Camera) -> None:
        """Begin to watch."""
        self._camera = camera
        self._window = SlidingCounts()
        self._heard: tuple[str, int] | None = None

    def find(self) -> Trouble | None:
        """Look at what was lost; to be called once a second."""
        camera = self._camera
        heard = (camera.reliability, camera.publishers)
        if heard != self._heard:  # what was lost before says nothing of now
            self._window.clear()
        self._heard = heard
        totals = (camera.slot.counts().received, camera.lost or 0)
        growth = self._window.add(time.monotonic(), totals, WINDOW_S, ENOUGH_IMAGES)
        received, lost = growth.counts
        is_big = camera.reliability == 'best_effort' and camera.data_size > SEGMENT_SIZE
        if is_big and lost > received and received + lost >= ENOUGH_IMAGES:
            return Trouble('loss', self._explain(received, lost))
        return None

    def _explain(self, received: int, lost: int) -> str:
        start = (
            f'{self._camera.topic}: {lost} of the last {received + lost} best-effort images of '
            f'{self._camera.data_size} bytes were lost'
        )
        profile = describe_profile()
        network = 'use image_transport:=compressed, or give the sockets bigger buffers'
        if profile:
            return (
                f'{start}: they do not fit into the shared memory of Fast DDS. Start the '
                f"camera's process with {profile}, or let it publish reliably. If the camera is "
                f'on another host, the network loses them: {network} (doc/robots.md)'
            )
        return f'{start}; let the camera publish reliably, {network} (doc/robots.md)'


def describe_profile() -> str:
    """Write down the environment that makes room for big images; empty but with Fast DDS."""
    if not get_rmw_implementation_identifier().startswith('rmw_fastrtps'):
        return ''
    name = 'config/fastdds.xml'
    try:
        path = str(find_shared_file(name))
    except FileNotFoundError:  # advice must not end the node
        path = name
    return f'{name_profile_variable()}={path}'
