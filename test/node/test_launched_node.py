"""The launch file, started for real; needs launch_ros, as an installed ROS 2 has it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import os
from pathlib import Path
import signal
import sys

from node_control import NodeProcess
from node_control import STAND_IN
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient

launch = pytest.importorskip('launch', reason='launch comes with an installed ROS 2')
pytest.importorskip('launch_ros', reason='launch_ros comes with an installed ROS 2')
if not hasattr(launch, 'LaunchService'):  # the folder launch/ of this repository
    pytest.skip('launch comes with an installed ROS 2', allow_module_level=True)

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[2]
LAUNCHER = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

path, *given = sys.argv[1:]
arguments = [tuple(text.split(':=', 1)) for text in given]
source = PythonLaunchDescriptionSource(path)
service = LaunchService()
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments)])
)
sys.exit(service.run())
"""
"""What ``ros2 launch`` does."""
IMAGE = np.full((8, 12, 3), 5, np.uint8)
Launch = Callable[..., NodeProcess]


def install(prefix: Path, package: str, program: str, script: str) -> None:
    """Put a package with one program, a shell script, where launch finds it."""
    index = prefix / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True, exist_ok=True)
    (index / package).touch()
    (prefix / 'share' / package).mkdir()
    path = prefix / 'lib' / package / program
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(0o755)


@pytest.fixture
def start_launch(tmp_path: Path) -> Iterator[Launch]:
    """
    Launch packages that lie in a temporary folder.

    The node has a stand-in for the network, and RViz only says how it was called.
    """
    prefix = tmp_path / 'install'
    install(prefix, 'segnet_ros', 'segnet_node', f'exec {sys.executable} {STAND_IN[0]} "$@"')
    (prefix / 'share' / 'segnet_ros' / 'config').symlink_to(ROOT / 'config')
    install(prefix, 'rviz2', 'rviz2', 'echo "rviz2 was given $@" >&2')  # where launch shows it
    prefixes = [str(prefix), *filter(None, [os.environ.get('AMENT_PREFIX_PATH')])]
    launcher = tmp_path / 'launcher.py'
    launcher.write_text(LAUNCHER)
    launches: list[NodeProcess] = []

    def start(*arguments: str) -> NodeProcess:
        file = ROOT / 'launch' / 'segnet.launch.py'
        launches.append(
            NodeProcess(
                str(file),
                *arguments,
                program=[str(launcher)],
                AMENT_PREFIX_PATH=os.pathsep.join(prefixes),
                ROS_LOG_DIR=str(tmp_path / 'log'),
            )
        )
        return launches[-1]

    yield start
    for process in launches:
        process.end()  # launch passes the signal on to the node


def see_labels(client: RosClient, camera_topic: str, label_topic: str) -> None:
    """Publish until labels come back."""
    heard = client.record(label_topic)
    camera = client.advertise(camera_topic)
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: heard)
    assert set(heard[-1].data) == {5}
    client.reset()


def test_a_camera_is_remapped_and_the_node_named(client: RosClient, start_launch: Launch) -> None:
    started = start_launch(
        'namespace:=robot1', 'name:=eyes', 'image_topic:=/cam/image', 'device:=cpu'
    )
    see_labels(client, '/cam/image', '/robot1/eyes/label')
    assert '"device": "cpu"' in started.wait_for('loading [')


def test_several_cameras_take_one_argument(client: RosClient, start_launch: Launch) -> None:
    start_launch('cameras:=front:=/cam_f/image_raw,rear:=/cam_r/image_raw')
    see_labels(client, '/cam_f/image_raw', '/segnet/front/label')
    see_labels(client, '/cam_r/image_raw', '/segnet/rear/label')


def test_rviz_is_started_with_the_frame(start_launch: Launch) -> None:
    started = start_launch('rviz:=true', 'fixed_frame:=base_link')
    line = started.wait_for('rviz2 was given')
    assert 'config/segnet.rviz -f base_link --ros-args' in line


def test_a_node_that_dies_is_started_anew(client: RosClient, start_launch: Launch) -> None:
    started = start_launch('respawn:=true')
    see_labels(client, 'image_raw', 'segnet/label')
    line = started.wait_for('process started with pid [')
    os.kill(int(line.rpartition('[')[2].partition(']')[0]), signal.SIGKILL)
    client.spin_until(lambda: started.output.count('process started with pid [') == 2, 'respawn')
    see_labels(client, 'image_raw', 'segnet/label')


def test_ctrl_c_ends_the_node_and_the_launch(client: RosClient, start_launch: Launch) -> None:
    started = start_launch()
    see_labels(client, 'image_raw', 'segnet/label')
    started.signal(signal.SIGINT)
    started.wait_for_exit()
    assert 'process has finished cleanly' in started.output
