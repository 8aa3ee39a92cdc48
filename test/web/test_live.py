"""The live tab's images: the newest of a node's overlays, or why there is none."""

from __future__ import annotations

import array
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sys
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

pytest.importorskip('uvicorn', reason='needs the extra web')
pytest.importorskip('rclpy', reason='needs ROS 2')

from node_control import make_parameter_arguments
from node_control import NodeProcess
from node_control import REAL
from rclpy.publisher import Publisher
from ros_client import RosClient
from segnet_ros.web import overlay_listener
from segnet_ros.web.live import LISTENER
from sensor_msgs.msg import CompressedImage

if TYPE_CHECKING:
    from page_server import PageServer

pytestmark = pytest.mark.ros
START_S = 180.0
"""For node and camera to start, on a busy machine."""
Serve = Callable[..., 'PageServer']


@pytest.fixture
def client() -> Iterator[RosClient]:
    """Publish what a node would."""
    client = RosClient()
    yield client
    client.close()


def publish(publisher: Publisher, *images: bytes) -> None:
    """Publish images of which nobody looks at the pixels."""
    for image in images:
        publisher.publish(CompressedImage(format='jpeg', data=array.array('B', image)))


def test_without_ros_it_says_so(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, LISTENER)
    monkeypatch.setitem(sys.modules, 'rclpy', None)
    monkeypatch.setitem(sys.modules, 'rclpy.context', None)
    answer = serve().get('/live')
    assert answer.status == 200
    assert answer.message.startswith(f'expected ROS 2 for {sys.executable}, found none')


@pytest.mark.parametrize('number', ['x', '-1', '9' * 5000], ids=['text', 'negative', 'long'])
def test_a_bad_number_is_told(server: PageServer, number: str) -> None:
    answer = server.get(f'/live?after={number}')
    assert answer.status == 400
    assert 'expected the number of an image' in answer.message


def test_a_bad_topic_is_told(serve: Serve) -> None:
    message = serve(topic='/what?').get('/live').message
    assert message == "expected the name of a topic, found '/what?'; correct --live-topic"


def test_without_a_node_it_says_so(serve: Serve) -> None:
    message = serve(topic='/nobody/overlay/compressed').get('/live').message
    assert message.startswith('expected a node that publishes /nobody/overlay/compressed, found')


def test_a_node_without_images_is_told(serve: Serve, client: RosClient) -> None:
    client.node.create_publisher(CompressedImage, '/silent', 1)
    server = serve(topic='/silent')
    client.repeat_until(lambda: None, lambda: 'no new ones' in server.get('/live').message)


def test_the_newest_image_is_answered(serve: Serve, client: RosClient) -> None:
    publisher = client.node.create_publisher(CompressedImage, '/some', 1)
    server = serve(topic='/some')
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(server.get, '/live?after=0')
        client.repeat_until(lambda: publish(publisher, b'first'), first.done)
        assert first.result().body == b'first'
        assert first.result().headers['Content-Type'] == 'image/jpeg'
        number = int(first.result().headers['X-Sequence'])

        later = pool.submit(server.get, f'/live?after={number + 1000}')  # of a server before
        client.repeat_until(lambda: publish(publisher, b'later', b'last'), later.done)
        assert later.result().body in (b'first', b'later', b'last')
        number = int(later.result().headers['X-Sequence'])
        waiting = pool.submit(server.get, f'/live?after={number}')
        client.repeat_until(lambda: publish(publisher, b'last'), waiting.done)
        assert int(waiting.result().headers['X-Sequence']) > number


def test_nothing_is_heard_while_nobody_watches(
    serve: Serve, client: RosClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay_listener, 'IDLE_S', 2.5)
    publisher = client.node.create_publisher(CompressedImage, '/watched', 1)
    server = serve(topic='/watched')
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(server.get, '/live')
        client.repeat_until(lambda: publish(publisher, b'old'), first.done)
        assert first.result().body == b'old'
        client.spin_until(lambda: publisher.get_subscription_count() == 0, 'end of watching')
        again = pool.submit(server.get, '/live')
        client.wait_for_subscriber(publisher)
        client.repeat_until(lambda: publish(publisher, b'new'), again.done)
        assert again.result().body == b'new'


def test_a_real_node_is_seen(serve: Serve, small_checkpoint: Path) -> None:
    values = {'checkpoint': str(small_checkpoint), 'device': 'cpu'}
    source = ('-m', 'segnet_ros.node.image_source')
    node = NodeProcess(*make_parameter_arguments(values), program=REAL)
    camera = NodeProcess(*make_parameter_arguments({'scenes': 3}), program=source)
    server = serve()
    try:
        deadline = time.monotonic() + START_S
        while (seen := server.get('/live')).headers['Content-Type'] != 'image/jpeg':
            assert time.monotonic() < deadline, (seen.message, node.output, camera.output)
        image = cv2.imdecode(np.frombuffer(seen.body, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert image.shape == (360, 480, 3)
    finally:
        node.end()
        camera.end()
