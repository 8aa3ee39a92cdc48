"""Tests of the node as a process on a real graph; a stand-in takes the place of the network."""

from __future__ import annotations

from collections.abc import Iterator

from node_control import NodeProcess
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.qos import ReliabilityPolicy
from ros_client import BEST_EFFORT
from ros_client import make_image
from ros_client import RELIABLE
from ros_client import RosClient
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros

OUTPUTS = ('label', 'confidence', 'color', 'overlay', 'uncertainty')


@pytest.fixture(scope='module')
def node() -> Iterator[NodeProcess]:
    """Run one quick node for all tests of this module that need no other."""
    process = NodeProcess()
    yield process
    process.end()


def gradient(height: int, width: int, channels: int = 3) -> NDArray[np.uint8]:
    """Make an image without symmetry."""
    count = height * width * channels
    return (np.arange(count) * 7 % 251).astype(np.uint8).reshape(height, width, channels)


def pixels_of(message: Image) -> NDArray[np.uint8]:
    """Read an output message, whose rows are not padded."""
    rows = np.frombuffer(message.data, np.uint8)
    return rows.reshape(message.height, message.width, -1).squeeze()


@pytest.mark.parametrize('padding', [0, 5])
def test_every_output_has_header_and_size_of_the_input(
    node: NodeProcess, client: RosClient, padding: int
) -> None:
    camera = client.advertise()
    heard = {name: client.record(f'segnet/{name}') for name in OUTPUTS}
    pixels = gradient(20, 33)
    sent = []

    def make() -> Image:
        sent.append(make_image(pixels, padding=padding))
        return sent[-1]

    client.publish_until(camera, make, lambda: all(heard.values()))
    red = pixels[..., 0]
    expected = {
        'label': ('mono8', red),
        'confidence': ('mono8', 255 - red),
        'color': ('rgb8', pixels[..., ::-1]),
        'overlay': ('rgb8', (pixels * 0.5).astype(np.uint8)),
        'uncertainty': ('mono8', pixels[..., 1]),
    }
    for name, (encoding, array) in expected.items():
        answer = heard[name][-1]
        assert answer.header in [message.header for message in sent]
        assert answer.header.frame_id == 'camera_optical'
        assert (answer.height, answer.width) == (20, 33)
        assert answer.encoding == encoding
        assert answer.step == len(answer.data) // 20
        np.testing.assert_array_equal(pixels_of(answer), array)


def test_only_what_someone_subscribes_to_is_computed(node: NodeProcess, client: RosClient) -> None:
    camera = client.advertise()
    statuses = client.record_diagnostics()
    image = make_image(gradient(8, 12))

    def unwatched() -> int:
        return int(statuses[-1].get('dropped: no_subscriber', 0)) if statuses else 0

    # Subscribers of earlier tests are gone when the count begins to grow.
    client.spin_until(lambda: statuses)
    before = unwatched()
    client.publish_until(camera, lambda: image, lambda: unwatched() > before + 2)
    number = len(node.reports)
    heard = client.record('segnet/confidence')
    client.publish_until(camera, lambda: image, lambda: len(heard) > 2)
    reports = node.reports[number:]
    assert reports
    assert all(report['outputs'] == ['confidence'] for report in reports)


@pytest.mark.parametrize(
    ('reason', 'words', 'message'),
    [
        ('bad_encoding', "'32FC7'", make_image(gradient(8, 12), encoding='32FC7')),
        ('empty', '0x0', Image(encoding='rgb8')),
        (
            'short_data',
            'found 100',
            Image(encoding='rgb8', height=8, width=12, step=36, data=bytes(100)),
        ),
        (
            'bad_step',
            'found 35',
            Image(encoding='rgb8', height=8, width=12, step=35, data=bytes(300)),
        ),
    ],
)
def test_a_bad_image_is_counted_and_told_and_the_next_good_one_works(
    node: NodeProcess, client: RosClient, reason: str, words: str, message: Image
) -> None:
    camera = client.advertise()
    heard = client.record('segnet/label')
    statuses = client.record_diagnostics()
    client.publish_until(
        camera, lambda: message, lambda: statuses and f'dropped: {reason}' in statuses[-1]
    )
    assert statuses[-1]['level'] == '2'
    assert reason in statuses[-1]['message']
    assert 'image dropped' in node.wait_for(words)
    pixels = gradient(8, 12)
    heard.clear()
    client.publish_until(camera, lambda: make_image(pixels), lambda: heard)
    np.testing.assert_array_equal(pixels_of(heard[-1]), pixels[..., 0])


@pytest.mark.parametrize('reliability', [BEST_EFFORT, RELIABLE])
def test_a_camera_that_starts_after_the_node_is_heard(
    node: NodeProcess, client: RosClient, reliability: ReliabilityPolicy
) -> None:
    node.wait_for('ready')
    heard = client.record('segnet/label')
    statuses = client.record_diagnostics()
    camera = client.advertise(reliability=reliability)
    wanted = reliability.name.lower()
    client.publish_until(
        camera,
        lambda: make_image(gradient(8, 12)),
        lambda: heard and statuses and statuses[-1]['reliability'] == wanted,
    )
    heard.clear()
    client.publish_until(camera, lambda: make_image(gradient(8, 12)), lambda: heard)


def test_a_best_effort_camera_beside_a_reliable_one_is_heard(
    node: NodeProcess, client: RosClient
) -> None:
    reliable = client.advertise(reliability=RELIABLE)
    statuses = client.record_diagnostics()
    client.spin_until(lambda: statuses and statuses[-1]['reliability'] == 'reliable')
    best_effort = client.advertise(reliability=BEST_EFFORT)
    heard = client.record('segnet/label')
    client.publish_until(best_effort, lambda: make_image(gradient(8, 12)), lambda: heard)
    assert reliable.get_subscription_count() == 1


def test_stamps_that_do_not_increase_drop_nothing_and_are_counted(
    node: NodeProcess, client: RosClient
) -> None:
    camera = client.advertise()
    heard = client.record('segnet/label')
    statuses = client.record_diagnostics()
    image = make_image(gradient(8, 12))
    client.publish_until(
        camera,
        lambda: image,
        lambda: len(heard) > 2 and statuses and int(statuses[-1]['stamps not increasing']) > 1,
    )
    assert all(answer.header == image.header for answer in heard[-2:])
    node.wait_for('stamps do not increase')


@pytest.mark.parametrize('seconds', [-1, -(2**31)])
def test_a_negative_stamp_is_a_clock_mismatch_and_ends_nothing(
    node: NodeProcess, client: RosClient, seconds: int
) -> None:
    camera = client.advertise()
    heard = client.record('segnet/label')
    statuses = client.record_diagnostics()
    client.spin_until(lambda: statuses)
    before = int(statuses[-1]['clock mismatch']), int(statuses[-1]['processed'])
    image = make_image(gradient(8, 12))
    image.header.stamp.sec = seconds
    client.publish_until(
        camera,
        lambda: image,
        lambda: heard and int(statuses[-1]['clock mismatch']) > before[0],
    )
    assert int(statuses[-1]['processed']) > before[1]
    assert heard[-1].header == image.header


def test_diagnostics_describe_the_camera(node: NodeProcess, client: RosClient) -> None:
    camera = client.advertise()
    heard = client.record('segnet/label')
    statuses = client.record_diagnostics()
    client.publish_until(camera, lambda: make_image(gradient(8, 12)), lambda: len(heard) > 5)
    number = len(statuses)
    client.publish_until(
        camera, lambda: make_image(gradient(8, 12)), lambda: len(statuses) > number
    )
    status = statuses[-1]
    assert status['name'] == 'segnet: image_raw'
    assert status['hardware_id'] == 'stand-in'
    assert status['topic'] == '/image_raw'
    assert status['encoding'] == 'rgb8'
    assert status['size'] == '12x8 (width x height)'
    assert status['durability'] == 'volatile'
    assert status['history'] == 'keep last 1'
    assert status['classes'] == 'this, that'
    assert status['publishers'] == '1'
    assert status['level'] == '0'
    assert 0 < float(status['age p50 (ms)']) <= float(status['age p95 (ms)'])


def test_overlay_opacity_changes_at_run_time(node: NodeProcess, client: RosClient) -> None:
    camera = client.advertise()
    heard = client.record('segnet/overlay')
    client.set_parameter('segnet', 'overlay_opacity', 0.25)
    pixels = np.full((8, 12, 3), 100, np.uint8)
    client.publish_until(
        camera,
        lambda: make_image(pixels),
        lambda: heard and (pixels_of(heard[-1]) == 25).all(),
    )
