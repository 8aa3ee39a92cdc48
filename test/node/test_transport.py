"""Tests of compressed images and calibrations, in and out of the node on a real graph."""

from __future__ import annotations

import array
from collections.abc import Callable

import cv2
from node_control import NodeProcess
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_client import make_image
from ros_client import RosClient
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def decode(message: CompressedImage) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_UNCHANGED)


def test_outputs_are_compressed_and_calibrated_for_those_who_ask(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node('--ros-args', '-r', 'image_raw:=cam/image_raw')
    camera = client.advertise('cam/image_raw')
    calibration = client.node.create_publisher(CameraInfo, 'cam/camera_info', 1)
    names = ('label', 'confidence', 'color', 'overlay', 'uncertainty')
    heard = {name: client.record(f'segnet/{name}/compressed', CompressedImage) for name in names}
    infos = client.record('segnet/camera_info', CameraInfo)

    def make() -> Image:
        calibration.publish(CameraInfo(width=32, height=24))
        return make_image(PIXELS)

    client.publish_until(camera, make, lambda: all(heard.values()) and infos)
    red = PIXELS[..., 0]
    expected = {'label': red, 'confidence': 255 - red, 'uncertainty': PIXELS[..., 1]}
    expected['color'] = PIXELS  # a file in BGR
    for name, array_ in expected.items():
        message = heard[name][-1]
        assert 'png' in message.format
        np.testing.assert_array_equal(decode(message), array_)
    assert 'jpeg' in heard['overlay'][-1].format
    assert decode(heard['overlay'][-1]).shape == PIXELS.shape
    for message in (*(messages[-1] for messages in heard.values()), infos[-1]):
        assert message.header.frame_id == 'camera_optical'
    assert (infos[-1].height, infos[-1].width) == (24, 32)
    assert set(node.reports[-1]['outputs']) == set(names)


def test_a_remapped_calibration_is_heard(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node('--ros-args', '-r', 'camera_info:=elsewhere/info')
    camera = client.advertise()
    calibration = client.node.create_publisher(CameraInfo, 'elsewhere/info', 1)
    client.record('segnet/label')
    infos = client.record('segnet/camera_info', CameraInfo)

    def make() -> Image:
        calibration.publish(CameraInfo(width=32, height=24))
        return make_image(PIXELS)

    client.publish_until(camera, make, lambda: infos)
    assert infos[-1].width == 32


def test_compressed_images_are_read_and_bad_ones_counted(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node('--ros-args', '-r', 'image_raw:=cam/image_raw', '-p', 'image_transport:=compressed')
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.node.create_publisher(CompressedImage, 'cam/image_raw/compressed', 1)
    good = CompressedImage(format='png')
    good.data = array.array('B', cv2.imencode('.png', PIXELS[..., ::-1])[1].tobytes())
    bad = CompressedImage(format='png')
    bad.data = good.data[:200]
    client.publish_until(camera, lambda: good, lambda: heard)
    label = np.frombuffer(heard[-1].data, np.uint8).reshape(PIXELS.shape[:2])
    np.testing.assert_array_equal(label, PIXELS[..., 0])
    client.spin_until(lambda: statuses)
    client.publish_until(
        camera, lambda: bad, lambda: int(statuses[-1].get('dropped: bad_data', 0)) > 0
    )
    assert statuses[-1]['topic'] == '/cam/image_raw/compressed'
    assert statuses[-1]['size'] == 'unknown'
    before = len(heard)
    client.publish_until(camera, lambda: good, lambda: len(heard) > before)


def test_outputs_and_their_calibration_have_the_size_that_is_asked_for(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node('--ros-args', '-p', 'output_size:=scale', '-p', 'output_scale:=0.5')
    camera = client.advertise()
    calibration = client.node.create_publisher(CameraInfo, 'camera_info', 1)
    labels = client.record('segnet/label')
    infos = client.record('segnet/camera_info', CameraInfo)

    def make() -> Image:
        calibration.publish(CameraInfo(width=32, height=24))
        return make_image(PIXELS)

    client.publish_until(camera, make, lambda: labels and infos)
    assert (labels[-1].height, labels[-1].width) == (12, 16)
    assert (infos[-1].height, infos[-1].width) == (12, 16)
    assert infos[-1].header in [message.header for message in labels]


def test_classes_and_confidence_are_chosen_at_run_time(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node()
    camera = client.advertise()
    client.record('segnet/label')
    client.publish_until(camera, lambda: make_image(PIXELS), lambda: node.reports)
    assert node.reports[-1]['selection'] == [None, 0.0]
    client.set_parameter('segnet', 'classes', ['that'])
    client.set_parameter('segnet', 'min_confidence', 0.25)
    client.publish_until(
        camera,
        lambda: make_image(PIXELS),
        lambda: node.reports[-1]['selection'] == [[1], 0.25],
    )
    request = SetParameters.Request(
        parameters=[Parameter('classes', value=['that', 'cat']).to_parameter_msg()]
    )
    (result,) = client.call(SetParameters, 'segnet/set_parameters', request).results
    assert not result.successful
    assert "found 'cat'" in result.reason
    assert 'this, that' in result.reason


def test_a_class_that_the_network_does_not_know_ends_the_start(
    start_node: Callable[..., NodeProcess],
) -> None:
    node = start_node('--ros-args', '-p', 'classes:=[cat]')
    code, _ = node.wait_for_exit()
    assert code == 1
    assert "found 'cat'" in node.wait_for('FATAL')
