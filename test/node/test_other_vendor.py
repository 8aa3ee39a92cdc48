"""A subscriber from another DDS vendor hears the node, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient

pytest.importorskip('cyclonedds', reason='needs cyclonedds, which make installs beside Jazzy')

KILTED = 9
"""Major version of rclpy."""
pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(
        int(metadata.version('rclpy').split('.')[0]) >= KILTED,
        reason='the type objects of cyclonedds and of the Fast DDS of Kilted clash',
    ),
]

PIXELS = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
"""Large enough to be sent in fragments."""


class CycloneListener(NodeProcess):
    """A process that hears images with Cyclone DDS."""

    def __init__(self, *topics: str) -> None:
        super().__init__(*topics, program=[str(Path(__file__).with_name('cyclone_listener.py'))])

    def heard(self, topic: str) -> list[dict[str, Any]]:
        """Find what it has heard on a topic so far."""
        return [report for report in self.reports if report['topic'] == topic]


@pytest.fixture
def listener() -> Iterator[CycloneListener]:
    """Hear labels and overlays."""
    process = CycloneListener('/segnet/label', '/segnet/overlay')
    yield process
    process.end()


def test_labels_and_overlays_reach_another_vendor(
    client: RosClient, start_node: Callable[..., NodeProcess], listener: CycloneListener
) -> None:
    start_node('--ros-args', '-p', 'overlay_opacity:=1.0').wait_for('ready')
    camera = client.advertise()
    topics = ('/segnet/label', '/segnet/overlay')
    client.publish_until(
        camera,
        lambda: make_image(PIXELS, stamp_ns=1_500_000_123),
        lambda: all(listener.heard(topic) for topic in topics),
    )
    expected = {'/segnet/label': ('mono8', PIXELS[..., 0]), '/segnet/overlay': ('rgb8', PIXELS)}
    for topic, (encoding, pixels) in expected.items():
        assert listener.heard(topic)[-1] == {
            'topic': topic,
            'stamp': [1, 500_000_123],
            'frame_id': 'camera_optical',
            'size': [480, 640],
            'encoding': encoding,
            'step': pixels[0].nbytes,
            'hash': hashlib.sha256(pixels.tobytes()).hexdigest(),
        }
