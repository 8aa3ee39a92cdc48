"""The ROS 2 under test is the one of this environment, and its DDS delivers whole images."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
import subprocess
import sys
import time

import numpy as np
import pytest

rclpy = pytest.importorskip('rclpy')
qos = pytest.importorskip('rclpy.qos')
Image = pytest.importorskip('sensor_msgs.msg').Image

NUM_IMAGES = 60
BEST_EFFORT = qos.QoSProfile(depth=NUM_IMAGES, reliability=qos.ReliabilityPolicy.BEST_EFFORT)
CAMERA = f"""
import array, time
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

rclpy.init()
node = rclpy.create_node('camera')
best_effort = QoSProfile(depth={NUM_IMAGES}, reliability=ReliabilityPolicy.BEST_EFFORT)
publisher = node.create_publisher(Image, 'image_raw', best_effort)
message = Image(height=480, width=640, encoding='rgb8', step=1920)
message.data = array.array('B', bytes(480 * 1920))
while publisher.get_subscription_count() == 0:
    time.sleep(0.02)
time.sleep(0.5)
for number in range({NUM_IMAGES}):
    message.header.frame_id = str(number)
    publisher.publish(message)
    time.sleep(1 / 30)
time.sleep(5)
"""


from_wheels = pytest.mark.skipif(
    importlib.util.find_spec('ros_wheels_bootstrapper') is None, reason='ROS 2 is not from wheels'
)


@from_wheels
def test_numpy_is_2_or_later() -> None:
    """The tests of the node are with it; an installed ROS 2 may have NumPy 1, and they with it."""
    assert int(np.__version__.partition('.')[0]) >= 2


@from_wheels
def test_ros_libraries_are_this_environments() -> None:
    rclpy.get_rmw_implementation_identifier()  # loads the middleware
    maps = Path('/proc/self/maps').read_text().splitlines()
    libraries = {line.split()[-1] for line in maps if '/librcl' in line or '/librmw' in line}
    assert libraries
    prefix = f'{os.path.realpath(sys.prefix)}{os.sep}'
    outside = [path for path in libraries if not os.path.realpath(path).startswith(prefix)]
    assert outside == []
    assert rclpy.__file__.startswith(sys.prefix)


@pytest.mark.ros
def test_best_effort_images_arrive_whole() -> None:
    """640x480 rgb8 at 30 Hz: without config/fastdds.xml only a few arrive."""
    context = rclpy.context.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('listener', context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    received = []
    node.create_subscription(
        Image,
        'image_raw',
        lambda message: received.append((int(message.header.frame_id), len(message.data))),
        BEST_EFFORT,
    )
    camera = subprocess.Popen([sys.executable, '-c', CAMERA])
    try:
        end = time.monotonic() + 20
        while len(received) < NUM_IMAGES and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.1)
    finally:
        camera.kill()
        camera.wait()
        node.destroy_node()
        context.try_shutdown()
    assert received == [(number, 480 * 1920) for number in range(NUM_IMAGES)]
