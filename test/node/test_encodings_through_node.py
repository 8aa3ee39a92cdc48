"""
A picture comes out of the node the same in every encoding, in mid-stream and over DDS.

And of an encoding that the node cannot read, the next picture comes out all the same.
"""

from __future__ import annotations

from collections.abc import Callable

import deep_pictures as deep
from encoded_pictures import assert_close
from encoded_pictures import CASES
from encoded_pictures import draw
from encoded_pictures import make_message
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient

pytestmark = pytest.mark.ros

PADDINGS = (0, 29)


def test_every_encoding_comes_through_whatever_came_before(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    """The stand-in gives back the image as color, with its channels reversed."""
    node = start_node()
    node.wait_for('ready')
    heard = client.record('segnet/color')
    camera = client.advertise()
    kinds = [
        (encoding, size, padding)
        for padding in PADDINGS
        for encoding, case in CASES.items()
        for size in case.sizes
    ]
    np.random.default_rng(0).shuffle(kinds)
    for number, (encoding, size, padding) in enumerate(kinds, 1):
        height, width = (int(side) for side in size)
        picture = draw(encoding, (height, width))
        message = make_message(encoding, picture, int(padding))
        message.header.stamp.sec = number
        client.publish_until(
            camera,
            lambda message=message: message,
            lambda number=number: heard and heard[-1].header.stamp.sec == number,
            period_s=0.02,
        )
        color = np.frombuffer(heard[-1].data, np.uint8).reshape(height, width, 3)
        assert_close(color[..., ::-1], picture, encoding)
    assert 'dropped' not in node.output


def test_without_cv_bridge_and_vision_msgs_only_what_they_read_is_dropped(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node('--without', 'cv_bridge', 'vision_msgs')
    heard = client.record('segnet/label')
    statuses = client.record_diagnostics()
    camera = client.advertise()
    first, last = (make_image(np.full((4, 6, 3), value, np.uint8)) for value in (7, 9))
    wide = make_image(np.zeros((4, 6 * 3 * 2), np.uint8), 'rgb16')
    wide.width = 6  # pixels of three samples of two bytes
    client.publish_until(camera, lambda: first, lambda: heard and statuses)
    client.publish_until(
        camera, lambda: wide, lambda: int(statuses[-1].get('dropped: bad_encoding', 0)) > 0
    )
    remedy = 'set the camera driver to one of these or install cv_bridge'
    assert remedy in node.wait_for("found 'rgb16'")
    told = [status['message'] for status in statuses if status['level'] == '2']
    assert all(m.startswith('images refused (bad_encoding): expected encoding') for m in told)
    assert any("found 'rgb16'" in message and remedy in message for message in told)
    client.publish_until(camera, lambda: last, lambda: set(heard[-1].data) == {9})
    assert all(set(label.data) <= {7, 9} for label in heard)
    reasons = {key for status in statuses for key in status if key.startswith('dropped: ')}
    assert reasons <= {'dropped: bad_encoding', 'dropped: replaced'}


def test_node_outlives_what_cv_bridge_would_end_it_with(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    pytest.importorskip('cv_bridge', reason='cv_bridge is not installed')
    node = start_node()
    node.wait_for('ready')
    heard = client.record('segnet/color')
    camera = client.advertise()
    lethal = deep.make_message(deep.LONG_NAME, np.zeros((1, 1, 1), np.uint8))
    client.publish_until(camera, lambda: lethal, lambda: 'dropped' in node.output)
    for number, encoding in enumerate(deep.LAYOUTS, 1):
        samples, picture = deep.draw(encoding)
        message = deep.make_message(encoding, samples, padding=1, is_bigendian=True)
        message.header.stamp.sec = number
        client.publish_until(
            camera,
            lambda message=message: message,
            lambda number=number: heard and heard[-1].header.stamp.sec == number,
        )
        color = np.frombuffer(heard[-1].data, np.uint8).reshape(picture.shape)
        np.testing.assert_array_equal(color[..., ::-1], picture)
