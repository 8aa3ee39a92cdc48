"""The image source as its users have it: a process that publishes over DDS."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from rclpy.context import Context
from rclpy.qos import ReliabilityPolicy
from segnet_ros.core.scenes import render_scene
from segnet_ros.node.images.conversions import image_to_rgb
from segnet_ros.node.source.image_source_ros import explain
from source_control import Listener
from source_control import Source

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[3]
STOPS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def start() -> Iterator[Callable[..., Source]]:
    """Start image sources that do not outlive the test."""
    sources: list[Source] = []

    def start_source(*python_options: str, **parameters: object) -> Source:
        sources.append(Source(*python_options, **parameters))
        return sources[-1]

    yield start_source
    for source in sources:
        source.process.kill()
        source.process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write five images of 40 x 64 pixels, gray levels 10 to 50 by name."""
    for level in (30, 10, 50, 20, 40):
        cv2.imwrite(str(tmp_path / f'image_{level}.png'), np.full((40, 64), level, np.uint8))
    return tmp_path


def get_stamps(messages: list[Any]) -> list[tuple[int, int]]:
    """Read the stamps of messages, as seconds and nanoseconds."""
    return [(message.header.stamp.sec, message.header.stamp.nanosec) for message in messages]


def test_folder_comes_in_order_with_camera_info(
    start: Callable[..., Source], context: Context, folder: Path
) -> None:
    source = start(source=folder, rate=50.0, count=12, wait_for_subscribers=1, frame_id='front')
    listener = Listener(source, context)
    listener.spin_until(lambda: len(listener.images) == 12 and len(listener.infos) == 12)
    status, log = source.wait()
    assert status == 0, log
    assert 'published 12 images' in log
    assert f'on {source.namespace}/image_raw' in log
    images = [image_to_rgb(message) for message in listener.images]
    levels = [10, 20, 30, 40, 50]
    assert [set(image.ravel()) for image in images] == [{levels[i % 5]} for i in range(12)]
    stamps = get_stamps(listener.images)
    assert stamps == sorted(set(stamps))
    assert get_stamps(listener.infos) == stamps
    for image, info in zip(listener.images, listener.infos, strict=True):
        assert (image.encoding, image.step) == ('rgb8', 192)
        assert (image.height, image.width, image.header.frame_id) == (40, 64, 'front')
        assert (info.height, info.width, info.header.frame_id) == (40, 64, 'front')
        assert list(info.d) == []  # uncalibrated, as CameraInfo.msg has it
        assert not any([*info.k, *info.r, *info.p])
    assert listener.labels == []


def test_end_of_a_folder_is_the_end(start: Callable[..., Source], folder: Path) -> None:
    status, log = start(source=folder, rate=100.0, loop=False).wait()
    assert status == 0, log
    assert 'published 5 images' in log


def test_scenes_come_with_their_exact_labels(
    start: Callable[..., Source], context: Context
) -> None:
    source = start(
        height=48, width=64, seed=5, rate=5.0, speed=100.0, count=3, wait_for_subscribers=1
    )
    listener = Listener(source, context)
    listener.spin_until(lambda: len(listener.images) == 3 and len(listener.labels) == 3)
    status, log = source.wait()
    assert status == 0, log
    assert get_stamps(listener.labels) == get_stamps(listener.images)
    drive = [(5, 0.0), (5, 20.0), (6, 0.0)]
    for image, label, (seed, position) in zip(
        listener.images, listener.labels, drive, strict=True
    ):
        scene = render_scene(seed, position, (48, 64))
        assert label.encoding == 'mono8'
        assert label.data.tobytes() == scene.label.tobytes()
        np.testing.assert_array_equal(image_to_rgb(image), scene.image)


def test_publishes_best_effort_on_request(
    start: Callable[..., Source], context: Context, folder: Path
) -> None:
    source = start(source=folder, rate=20.0, reliability='best_effort')
    listener = Listener(source, context)
    listener.spin_until(lambda: len(listener.images) >= 1)
    topic = f'{source.namespace}/image_raw'
    (publisher,) = listener.node.get_publishers_info_by_topic(topic)
    assert publisher.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT


@pytest.mark.parametrize(
    ('parameters', 'words'),
    [
        ({'source': '/no/such/video.mp4'}, ['/no/such/video.mp4', 'folder']),
        ({'source': __file__}, [__file__, 'video']),
        ({'rate': 1000.0}, ["'rate'", '0.1 to 240', '1000']),
    ],
)
def test_bad_start_is_refused_in_one_line(
    start: Callable[..., Source], parameters: dict[str, object], words: list[str]
) -> None:
    status, log = start(**parameters).wait()
    assert status == 1
    assert len(log.splitlines()) == 1, log
    for word in [*words, 'expected', 'found', ';']:
        assert word in log


def test_image_that_breaks_later_ends_it_in_one_line(
    start: Callable[..., Source], folder: Path
) -> None:
    (folder / 'image_60.png').write_bytes(b'broken')
    status, log = start(source=folder, rate=50.0).wait()
    assert status == 1
    assert 'Traceback' not in log
    assert 'image_60.png' in log.splitlines()[-1]


def test_wrong_value_of_a_parameter_of_ros_is_refused_in_one_line(
    start: Callable[..., Source],
) -> None:
    status, log = start(use_sim_time=5).wait()
    assert status == 1
    (line,) = log.splitlines()
    assert 'use_sim_time' in line


def test_image_deleted_later_ends_it_in_one_line(
    start: Callable[..., Source], context: Context, folder: Path
) -> None:
    source = start(source=folder, rate=50.0)
    listener = Listener(source, context)
    listener.spin_until(lambda: len(listener.images) > 0)
    (folder / 'image_40.png').unlink()
    status, log = source.wait()
    assert status == 1
    assert 'Traceback' not in log
    assert 'image_40.png' in log.splitlines()[-1]


def test_any_error_of_a_supply_is_told_in_one_line() -> None:
    error = explain(RuntimeError('broken\n  wire'), 'webcam 0')
    assert str(error) == (
        'expected images from webcam 0, found RuntimeError: broken wire; check the source'
    )


@pytest.mark.parametrize('number', STOPS)
def test_signal_ends_it_cleanly(
    start: Callable[..., Source], context: Context, folder: Path, number: int
) -> None:
    source = start(source=folder, rate=20.0)
    listener = Listener(source, context)
    listener.spin_until(lambda: len(listener.images) >= 2)
    status, log, seconds = source.stop(number)
    assert status == 0, log
    assert 'Traceback' not in log
    assert 'published' in log.splitlines()[-1]
    assert seconds < 6.0  # thrice the two seconds it may take on an idle machine


@pytest.mark.parametrize('number', STOPS)
def test_signal_during_the_start_ends_it_cleanly(
    start: Callable[..., Source], number: int
) -> None:
    source = start('-X', 'importtime')
    assert source.process.stderr is not None
    for line in source.process.stderr:
        if line.rstrip().endswith('numpy.version'):
            break
    status, log, seconds = source.stop(number)
    assert status == 0, log
    assert 'Traceback' not in log
    assert seconds < 6.0  # thrice the two seconds it may take on an idle machine


@pytest.mark.parametrize('args', [('--speed', '3'), ('--ros-args', '--nonsense')])
def test_an_unknown_argument_is_told_without_a_traceback(args: tuple[str, ...]) -> None:
    command = [sys.executable, '-m', 'segnet_ros.node.image_source', *args]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert args[-1] in result.stderr.splitlines()[-1]
    assert 'Traceback' not in result.stderr


def test_help_lists_the_parameters() -> None:
    command = [sys.executable, '-m', 'segnet_ros.node.image_source', '--help']
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for word in ('rate:=10.0', 'double from 0.1 to 240.0', 'webcam', 'rendered'):
        assert word in text
