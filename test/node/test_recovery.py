"""Tests of the node while a camera dies and another takes its place."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import signal
from typing import Any

import cv2
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import RosClient
from source_control import Source
from test_overload import assert_sums_up

pytestmark = pytest.mark.ros


@pytest.fixture
def start_camera(tmp_path: Path) -> Iterator[Callable[..., Source]]:
    """Start image sources that end with the test."""
    cv2.imwrite(str(tmp_path / 'image.png'), np.zeros((8, 12, 3), np.uint8))
    sources: list[Source] = []

    def start(**parameters: Any) -> Source:
        sources.append(Source(source=tmp_path, rate=20.0, **parameters))
        return sources[-1]

    yield start
    for source in sources:
        source.process.kill()
        source.process.communicate()


@pytest.mark.parametrize(
    ('death', 'successor'),
    [(signal.SIGINT, 'reliable'), (signal.SIGKILL, 'reliable'), (signal.SIGKILL, 'best_effort')],
)
def test_a_camera_that_dies_and_returns_is_labeled_again(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    start_camera: Callable[..., Source],
    death: signal.Signals,
    successor: str,
) -> None:
    statuses = client.record_diagnostics()
    labels = client.record('segnet/label')
    camera = start_camera()
    options = ('-p', 'diagnostics_period:=0.1', '-p', 'stall_timeout:=1.0')
    start_node('--ros-args', '-r', f'image_raw:={camera.namespace}/image_raw', *options)

    def is_well(reliability: str) -> bool:
        latest = statuses[-1] if statuses else {}
        is_told = (latest.get('message'), latest.get('reliability')) == ('OK', reliability)
        return is_told and len(labels) > 10

    client.spin_until(lambda: is_well('reliable'), 'camera')
    camera.stop(death)
    client.spin_until(lambda: statuses[-1]['message'].startswith('no image for'), 'silence')
    assert statuses[-1]['level'] == '1'
    if death == signal.SIGINT:  # only who ends in peace takes leave
        client.spin_until(lambda: statuses[-1]['publishers'] == '0', 'leave')
    labels.clear()
    start_camera(namespace=camera.namespace, reliability=successor)
    client.spin_until(lambda: is_well(successor), 'return of the camera')
    assert statuses[-1]['level'] == '0'
    assert_sums_up(statuses)
