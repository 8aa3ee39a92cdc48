"""Tests of what a node says of trouble that users meet, as a process on a real graph."""

from __future__ import annotations

from collections.abc import Callable
import time

from lifecycle_msgs.msg import Transition
from node_control import make_parameter_arguments
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import BEST_EFFORT
from ros_client import make_image
from ros_client import RosClient
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool
from test_lifecycle import change_state

pytestmark = pytest.mark.ros

IMAGE = np.zeros((8, 12, 3), np.uint8)
STALE = (
    '/image_raw: all images are older than max_age (0.5 s): newest 5.0 s; compare the clocks of'
    ' camera and node, or raise max_age'
)


def is_told(statuses: list[dict[str, str]], text: str) -> bool:
    told = [(status['level'], status['message']) for status in statuses[-1:]]
    return told == [('1', text)]


def test_a_camera_whose_clock_is_behind_is_told_of_once_and_until_it_is_right(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node('--ros-args', '-p', 'max_age:=0.5')
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.advertise()

    def make() -> Image:
        return make_image(IMAGE, stamp_ns=time.time_ns() - 5 * 10**9)

    client.publish_until(camera, make, lambda: is_told(statuses, STALE))
    assert not heard
    client.publish_until(
        camera, lambda: make_image(IMAGE), lambda: heard and statuses[-1]['message'] == 'OK'
    )
    client.publish_until(camera, make, lambda: is_told(statuses, STALE))
    assert len([line for line in node.lines if STALE in line and 'WARN' in line]) == 1


def test_images_that_a_switch_drops_are_told_of(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node()
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.advertise()
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: heard)
    told = '/image_raw: images are dropped, because ~/enable or camera.enabled says so'
    for is_enabled, is_reached in (
        (False, lambda: is_told(statuses, told)),
        (True, lambda: statuses[-1]['message'] == 'OK'),
    ):
        assert client.call(SetBool, 'segnet/enable', SetBool.Request(data=is_enabled)).success
        client.publish_until(camera, lambda: make_image(IMAGE), is_reached)


def test_compressed_images_beside_the_wanted_topic_are_found(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node()
    client.node.create_publisher(CompressedImage, 'image_raw/compressed', 1)
    client.node.create_publisher(CompressedImage, 'image_raw/compressedDepth', 1)
    line = node.wait_for('no image on /image_raw for 5 s')
    assert line.endswith(
        'nobody publishes it. Image topics here: /image_raw/compressed. To use'
        ' /image_raw/compressed: --ros-args -p image_transport:=compressed'
    )


def test_a_camera_that_returns_as_one_that_cannot_be_heard_is_told_of(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    values = {'input_reliability': 'reliable', 'stall_timeout': 1.0, 'diagnostics_period': 0.1}
    node = start_node(*make_parameter_arguments(values))
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.advertise()
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: heard)
    other = client.advertise(reliability=BEST_EFFORT)
    told = (
        '/image_raw has a best-effort publisher, which a reliable subscription does not hear; set'
        ' input_reliability to auto'
    )
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: is_told(statuses, told))
    client.node.destroy_publisher(camera)
    begun = time.monotonic()
    client.publish_until(
        other, lambda: make_image(IMAGE), lambda: float(statuses[-1]['last image (s ago)']) > 3
    )
    assert time.monotonic() - begun > 2
    assert is_told(statuses, told)
    client.node.destroy_publisher(other)
    client.spin_until(lambda: statuses[-1]['message'].startswith('no image for'), 'silence')
    assert len([line for line in node.lines if told in line]) == 1


@pytest.mark.parametrize('autostart', [False, True])
def test_a_node_that_was_shut_down_cannot_be_configured(
    client: RosClient, start_node: Callable[..., NodeProcess], autostart: bool
) -> None:
    node = start_node(*make_parameter_arguments({'autostart': autostart}))
    if autostart:
        node.wait_for('ready')
    cameras, networks = client.record_diagnostics(), client.record_network_diagnostics()
    transition = (
        Transition.TRANSITION_ACTIVE_SHUTDOWN
        if autostart
        else Transition.TRANSITION_UNCONFIGURED_SHUTDOWN
    )
    assert change_state(client, transition)
    remedy = 'finalized: start the node anew'
    told = ('2', f'no network is loaded; {remedy}')
    client.spin_until(
        lambda: told in [(status['level'], status['message']) for status in networks], 'remedy'
    )
    client.spin_until(lambda: is_told(cameras, remedy))
