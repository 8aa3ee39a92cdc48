"""Tests of the warnings that are given once."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from segnet_ros.node.advice import Adviser
from segnet_ros.node.age import AgeWindow
from segnet_ros.node.mailbox import Mailbox

OWN_TOPIC = '/segnet/label'
PUBLISHER = SimpleNamespace(topic_name=OWN_TOPIC, qos_profile=QoSProfile(depth=1))


class Graph:
    """Stand in for the node: knows topics, keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.durability = DurabilityPolicy.VOLATILE
        self.topics = {'/b': 1, '/a': 2, '/unpublished': 0, OWN_TOPIC: 1}

    def get_logger(self) -> SimpleNamespace:
        return SimpleNamespace(warning=self.warnings.append)

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        images = [(topic, ['sensor_msgs/msg/Image']) for topic in self.topics]
        return [*images, ('/rosout', ['rcl_interfaces/msg/Log'])]

    def get_subscriptions_info_by_topic(self, topic: str) -> list[SimpleNamespace]:
        profile = QoSProfile(depth=1, durability=self.durability)
        return [SimpleNamespace(node_name='viewer', qos_profile=profile)] * (topic == OWN_TOPIC)

    def count_subscribers(self, topic: str) -> int:
        return int(topic == OWN_TOPIC)

    def count_publishers(self, topic: str) -> int:
        return self.topics.get(topic, 1)


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def camera() -> SimpleNamespace:
    return SimpleNamespace(
        slot=Mailbox[str]().open_slot(),
        subscribed_name='image_raw',
        topic='/image_raw',
        publishers=0,
        is_deaf=False,
        type_name='sensor_msgs/msg/Image',
        ages=AgeWindow(),
        lost=0,
        reliability='best_effort',
        data_size=921_600,
        last_arrival=time.monotonic() - 6,
    )


@pytest.fixture
def adviser(graph: Graph, camera: SimpleNamespace) -> Adviser:
    return Adviser(graph, camera, [OWN_TOPIC], [PUBLISHER])


def receive(camera: SimpleNamespace, number: int) -> None:
    for _ in range(number):
        camera.slot.put('image')
    camera.last_arrival = time.monotonic()


def test_silence_names_the_published_image_topics_once(graph: Graph, adviser: Adviser) -> None:
    adviser.check()
    adviser.check()
    (warning,) = graph.warnings
    assert 'Image topics here: /a, /b. ' in warning
    assert '--remap image_raw:=/a' in warning


def test_silence_in_an_empty_graph_is_told(graph: Graph, adviser: Adviser) -> None:
    graph.topics = {OWN_TOPIC: 1}
    adviser.check()
    assert 'nor any other image topic' in graph.warnings[0]


def test_silence_of_a_publisher_is_told(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    camera.publishers = 1
    adviser.check()
    assert 'it has a publisher' in graph.warnings[0]


def test_a_short_silence_or_one_after_the_first_image_is_no_reason_to_search(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    camera.last_arrival = time.monotonic() - 1
    adviser.check()
    receive(camera, 1)
    adviser.check()
    camera.last_arrival = time.monotonic() - 60
    adviser.check()
    assert not graph.warnings


def test_loss_of_most_big_best_effort_images_names_the_profile_once(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    receive(camera, 3)
    camera.lost = 57
    adviser.check()
    adviser.check()
    (warning,) = graph.warnings
    assert '57 of 60' in warning
    assert 'config/fastdds.xml' in warning


@pytest.mark.parametrize(
    'change',
    [
        {'reliability': 'reliable'},
        {'data_size': 230_400},
        {'lost': 29},
        {'lost': None},
    ],
)
def test_other_loss_is_no_reason_to_warn(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser, change: dict[str, object]
) -> None:
    receive(camera, 31)
    camera.lost = 40
    vars(camera).update(change)
    adviser.check()
    assert not graph.warnings


def test_a_subscriber_that_can_hear_nothing_is_told_of(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    receive(camera, 1)
    adviser.check()
    assert not adviser.advice
    graph.durability = DurabilityPolicy.TRANSIENT_LOCAL
    adviser.check()
    adviser.check()
    (warning,) = graph.warnings
    assert warning == adviser.advice
    assert warning.startswith('/segnet/label: viewer hears nothing')
    graph.durability = DurabilityPolicy.VOLATILE
    adviser.check()
    assert not adviser.advice


def test_advice_lasts_as_long_as_the_trouble(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    adviser.check()
    assert adviser.advice == graph.warnings[0]
    receive(camera, 1)
    adviser.check()
    assert not adviser.advice


def test_a_reliable_subscription_beside_a_best_effort_camera_is_explained(
    graph: Graph, camera: SimpleNamespace
) -> None:
    camera.publishers, camera.is_deaf = 1, True
    adviser = Adviser(graph, camera, [OWN_TOPIC], [PUBLISHER])  # type: ignore[arg-type]
    adviser.check()
    assert 'set input_reliability to auto' in adviser.advice
    assert graph.warnings == [adviser.advice]


def test_clocks_that_differ_are_told_once(graph: Graph, camera: SimpleNamespace) -> None:
    camera.slot.put('image')
    camera.ages.add(3600.0)
    adviser = Adviser(graph, camera, [OWN_TOPIC], [PUBLISHER])  # type: ignore[arg-type]
    for _ in range(3):
        adviser.check()
    (warning,) = graph.warnings
    assert 'compare the clocks' in warning
    assert not adviser.advice


def test_compressed_topics_are_proposed_as_they_are_remapped(
    graph: Graph, camera: SimpleNamespace
) -> None:
    camera.type_name = 'sensor_msgs/msg/CompressedImage'
    names = ['/cam/image/compressed', f'{OWN_TOPIC}/compressed']
    graph.get_topic_names_and_types = lambda: [(name, [camera.type_name]) for name in names]  # type: ignore[method-assign]
    adviser = Adviser(graph, camera, [OWN_TOPIC], [PUBLISHER])  # type: ignore[arg-type]
    adviser.check()
    assert adviser.advice.endswith('image_raw:=/cam/image')
    assert OWN_TOPIC not in adviser.advice
