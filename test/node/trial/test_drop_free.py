"""Images one by one, to a stand-in for the node that is a node itself and errs as planned."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import tempfile
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from ros_client import make_image
from segnet_ros.node.images.conversions import read_stamp
from segnet_ros.node.trial.camera import TrialCamera
from segnet_ros.node.trial.drop_free import publish_one_by_one
from segnet_ros.node.trial.errors import TrialError
from segnet_ros.node.trial.label_recorder import LabelRecorder
from segnet_ros.node.trial.label_recorder import NamedImage
from segnet_ros.node.trial.label_spool import LabelSpool
from segnet_ros.node.trial.observation import Observation
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros

SIZES = [(3, 5), (4, 4), (7, 2)]
IMAGES = [NamedImage(f'{h}x{w}.png', np.full((h, w, 3), h, np.uint8)) for h, w in SIZES]


class StandIn:
    """
    Label each image with its red channel, but for what is planned.

    :ivar received: images so far
    :ivar fail: is asked for the number of each image, from 1: None to label it, empty to lose its
        label, else the reason to drop it
    """

    def __init__(self, fail: Callable[[int], str | None]) -> None:
        self.received = 0
        self.fail = fail
        self._processed = 0
        self._dropped: dict[str, int] = {}
        self.topic = '/image_raw'
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node('segnet', context=self._context)
        self._labels = self._node.create_publisher(Image, '~/label', 10)
        self._diagnostics = self._node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._node.create_subscription(Image, 'image_raw', self._receive, 10)
        self._node.create_timer(0.05, self._tell)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = Thread(target=self._executor.spin)
        self._thread.start()

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _receive(self, message: Image) -> None:
        self.received += 1
        reason = self.fail(self.received)
        if reason:
            self._dropped[reason] = self._dropped.get(reason, 0) + 1
            return
        self._processed += 1
        if reason is None:
            red = np.frombuffer(message.data, np.uint8).reshape(message.height, -1, 3)[..., 0]
            self._labels.publish(make_image(red, 'mono8', stamp_ns=read_stamp(message.header)))

    def _tell(self) -> None:
        values = {
            'topic': self.topic,
            'reliability': 'reliable',
            'publishers': '1',
            'received': self.received,
            'processed': self._processed,
            'dropped': sum(self._dropped.values()),
            **{f'dropped: {reason}': n for reason, n in self._dropped.items()},
            'waiting': 0,
            'in progress': 0,
            'lost in transport': 0,
        }
        entries = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        camera = DiagnosticStatus(
            name='segnet: image_raw', message='images refused: planned', values=entries
        )
        battery = DiagnosticStatus(name='robot: battery')
        for statuses in ([], [battery], [camera, DiagnosticStatus(name='segnet: model')]):
            message = DiagnosticArray(status=statuses)
            message.header.stamp = self._node.get_clock().now().to_msg()
            self._diagnostics.publish(message)


@pytest.fixture
def start_stand_in() -> Iterator[Callable[..., StandIn]]:
    """Start stand-ins that end with the test."""
    started: list[StandIn] = []

    def start(fail: Callable[[int], str | None] = lambda _: None) -> StandIn:
        started.append(StandIn(fail))
        return started[-1]

    yield start
    for stand_in in started:
        stand_in.close()


@pytest.fixture
def trial(tmp_path) -> Iterator[Any]:
    """Provide an audience, a camera, and a place for labels of up to nine classes."""
    (tmp_path / 'log.txt').touch()
    stop = SimpleNamespace(check=lambda: None)
    with (
        tempfile.SpooledTemporaryFile() as file,
        LabelRecorder(LabelSpool(file), num_classes=9) as recorder,
    ):
        observation = Observation(recorder, {}, tmp_path / 'log.txt', stop, remedy='wait')
        yield SimpleNamespace(recorder=recorder, camera=TrialCamera(recorder, observation))


def run(trial, images=IMAGES, timeout_s=20.0) -> None:
    trial.camera.wait_until_heard()
    publish_one_by_one(images, trial.camera, timeout_s)


def test_each_image_has_its_label(start_stand_in, trial):
    node = start_stand_in()
    run(trial)
    labels = trial.recorder.labels
    assert node.received == trial.camera.published == len(labels) == len(trial.recorder.ages_ms)
    for number, named in enumerate(IMAGES):
        assert np.array_equal(labels.read(number), named.image[..., 0])


@pytest.mark.parametrize('reason', ['', 'no_subscriber'])
def test_what_got_lost_is_published_again(start_stand_in, trial, reason):
    node = start_stand_in(lambda number: reason if number == 2 else None)
    run(trial)
    assert trial.recorder.labels.numbers == [0, 1, 2]
    assert node.received == trial.camera.published == 4


def test_a_refused_image_ends_it_with_the_reason(start_stand_in, trial):
    start_stand_in(lambda number: 'bad_size' if number == 2 else None)
    with pytest.raises(TrialError, match=r'4x4\.png.*bad_size.*images refused: planned'):
        run(trial)
    assert trial.recorder.labels.numbers == [0]


def test_an_image_that_is_lost_each_time_ends_it(start_stand_in, trial):
    node = start_stand_in(lambda _: '')
    with pytest.raises(TrialError, match=r'3x5\.png: .* 5 times'):
        run(trial)
    assert node.received == 5


def test_silence_ends_it(trial):
    trial.camera.observation.allow(0.2)
    with pytest.raises(TrialError, match=r'within 0\.2 s, got none after 0; wait'):
        run(trial)


def test_another_topic_is_told(start_stand_in, trial):
    start_stand_in().topic = '/other'
    with pytest.raises(TrialError, match='hear /image_raw, found that it hears /other'):
        run(trial)


def test_classes_without_truth_are_told(start_stand_in, trial):
    start_stand_in()
    image = NamedImage('high.png', np.full((4, 4, 3), 9, np.uint8))
    with pytest.raises(TrialError, match=r'high\.png: expected class ids 0 to 8 .* got 9'):
        run(trial, [image])
