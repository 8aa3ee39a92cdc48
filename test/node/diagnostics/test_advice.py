"""Tests of the warnings that are given once."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from segnet_ros.node.cameras.age import AgeWindow
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.diagnostics.advice import Adviser
from segnet_ros.node.diagnostics.trouble import Advice

OWN_TOPIC = '/segnet/label'
PUBLISHER = SimpleNamespace(topic_name=OWN_TOPIC, qos_profile=QoSProfile(depth=1))


class Graph:
    """Stand in for the node: knows topics, keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.durability = DurabilityPolicy.VOLATILE
        self.topics = {'/b': 1, '/a': 2, '/unpublished': 0, OWN_TOPIC: 1}
        self.compressed = ['/unpublished/compressed', f'{OWN_TOPIC}/compressed']

    def get_logger(self) -> SimpleNamespace:
        return SimpleNamespace(warning=self.warnings.append)

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        images = [(topic, ['sensor_msgs/msg/Image']) for topic in self.topics]
        kind = 'sensor_msgs/msg/CompressedImage'
        files = [(topic, [kind]) for topic in (*self.compressed, '/depth/compressedDepth')]
        return [*images, *files, ('/rosout', ['rcl_interfaces/msg/Log'])]

    def get_subscriptions_info_by_topic(self, topic: str) -> list[SimpleNamespace]:
        profile = QoSProfile(depth=1, durability=self.durability)
        return [SimpleNamespace(node_name='viewer', qos_profile=profile)] * (topic == OWN_TOPIC)

    def count_subscribers(self, topic: str) -> int:
        return int(topic == OWN_TOPIC)

    def count_publishers(self, topic: str) -> int:
        return int('unpublished' not in topic) * self.topics.get(topic, 1)


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def camera() -> SimpleNamespace:
    return SimpleNamespace(
        slot=Mailbox[str]().open_slot(),
        name='',
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


def test_a_subscriber_that_can_hear_nothing_is_told_of(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    receive(camera, 1)
    adviser.check()
    assert adviser.advice == Advice()
    graph.durability = DurabilityPolicy.TRANSIENT_LOCAL
    adviser.check()
    adviser.check()
    (warning,) = graph.warnings
    assert adviser.advice == Advice(others=(warning,))
    assert warning.startswith('/segnet/label: viewer hears nothing')
    graph.durability = DurabilityPolicy.VOLATILE
    adviser.check()
    assert adviser.advice == Advice()


def test_advice_lasts_as_long_as_the_trouble(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    adviser.check()
    assert adviser.advice == Advice(input=graph.warnings[0])
    receive(camera, 1)
    adviser.check()
    assert adviser.advice == Advice()


def test_each_trouble_is_told_though_another_is_there(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    graph.durability = DurabilityPolicy.TRANSIENT_LOCAL
    camera.is_deaf, camera.staleness = True, 'older than max_age (0.5 s): newest 5.0 s'
    adviser.check()
    for _ in range(60):
        camera.slot.put('image')
        camera.slot.enable(False)
        camera.slot.enable(True)
    camera.lost = 100
    adviser.check()
    assert [text for text in adviser.advice.others if 'were lost' in text]
    assert sorted(graph.warnings) == sorted([adviser.advice.input, *adviser.advice.others])
    assert len(graph.warnings) == 4


@pytest.mark.parametrize('received', [0, 5])
def test_a_reliable_subscription_beside_a_best_effort_camera_is_explained(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser, received: int
) -> None:
    camera.publishers, camera.is_deaf = 1, True
    receive(camera, received)
    adviser.check()
    assert 'set input_reliability to auto' in adviser.advice.input
    assert graph.warnings == [adviser.advice.input]
    camera.is_deaf = False
    adviser.check()
    assert 'input_reliability' not in adviser.advice.input


def test_clocks_that_differ_are_told_once(graph: Graph, camera: SimpleNamespace) -> None:
    camera.slot.put('image')
    camera.ages.add(3600.0)
    adviser = Adviser(graph, camera, [OWN_TOPIC], [PUBLISHER])  # type: ignore[arg-type]
    for _ in range(3):
        adviser.check()
    (warning,) = graph.warnings
    assert 'compare the clocks' in warning
    assert adviser.advice == Advice()


def test_compressed_topics_are_proposed_as_they_are_remapped(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    camera.type_name, camera.topic = 'sensor_msgs/msg/CompressedImage', '/image_raw/compressed'
    graph.topics, graph.compressed = {}, ['/cam/image/compressed', f'{OWN_TOPIC}/compressed']
    adviser.check()
    assert adviser.advice.input.endswith('--ros-args --remap image_raw:=/cam/image')
    assert OWN_TOPIC not in adviser.advice.input


@pytest.mark.parametrize(
    ('found', 'arguments'),
    [
        ('/image_raw', '-p image_transport:=compressed'),
        ('/cam/image', '-p image_transport:=compressed --remap image_raw:=/cam/image'),
    ],
)
def test_compressed_images_beside_the_wanted_topic_are_proposed(
    graph: Graph, adviser: Adviser, found: str, arguments: str
) -> None:
    graph.topics, graph.compressed = {}, [f'{found}/compressed']
    adviser.check()
    told = f'topics here: {found}/compressed. To use {found}/compressed: --ros-args {arguments}'
    assert adviser.advice.input.endswith(told)


def test_raw_images_in_place_of_compressed_ones_are_proposed(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    camera.type_name, camera.topic = 'sensor_msgs/msg/CompressedImage', '/image_raw/compressed'
    graph.topics, graph.compressed = {'/image_raw': 1}, []
    adviser.check()
    assert adviser.advice.input.endswith('To use /image_raw: --ros-args -p image_transport:=raw')


def test_what_is_like_the_wanted_topic_is_proposed_first_and_depth_last(
    graph: Graph, camera: SimpleNamespace, adviser: Adviser
) -> None:
    camera.topic = '/front/image_raw'
    likely = ['/front_cam/image_raw', '/rear/color/image_raw', '/debug', '/front/depth/image_raw']
    graph.topics = dict.fromkeys(sorted(likely), 1)
    graph.compressed = [f'{likely[0]}/compressed', '/front/image/compressed']
    adviser.check()
    first, second, *rest = likely
    expected = ', '.join([first, '/front/image/compressed', second, *rest])
    assert f'Image topics here: {expected}. To use {first}: ' in adviser.advice.input
