"""
Start the segnet node, and RViz on its outputs if asked for.

    ros2 launch segnet_ros segnet.launch.py image_topic:=/camera/image_raw rviz:=true
    ros2 launch segnet_ros segnet.launch.py cameras:=front:=/cam_f/image_raw,rear:=/cam_r/image_raw
"""

from __future__ import annotations

from collections.abc import Mapping
import os
import posixpath
from typing import Any

from ament_index_python.packages import get_package_prefix
from ament_index_python.packages import get_package_share_directory
from ament_index_python.packages import PackageNotFoundError
from launch import LaunchContext
from launch import LaunchDescription
from launch import LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument
from launch.actions import LogInfo
from launch.actions import OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

PARAMETER_FILE = os.path.join('config', 'segnet.yaml')
PARAMETERS = ('checkpoint', 'device', 'precision', 'backend', 'image_transport')
"""Arguments that are parameters of the node too; an empty one leaves the value of the file."""
CHOICES = {
    'precision': ['', 'auto', 'fp32', 'fp16', 'bf16'],
    'backend': ['', 'torch', 'onnxruntime'],
    'image_transport': ['', 'raw', 'compressed'],
    'log_level': ['debug', 'info', 'warn', 'error', 'fatal'],
}
IMAGE_TOPIC = 'image_raw'
RESPAWN_DELAY_S = 2.0
SWITCHES = {
    'use_sim_time': 'Take the time from /clock.',
    'respawn': 'Start the node anew whenever it ends, two seconds later.',
    'rviz': 'Show overlay, colors and confidence in RViz.',
}
"""Arguments that are true or false; false by default."""
SHOWN = ('overlay', 'color', 'confidence')
"""Outputs that ``config/segnet.rviz`` shows, under the default node name."""


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments, the node and RViz."""
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(
                    name, default_value=default, choices=CHOICES.get(name), description=text
                )
                for name, default, text in describe_arguments()
            ),
            *(
                DeclareLaunchArgument(
                    name, default_value='false', choices=['true', 'false'], description=text
                )
                for name, text in SWITCHES.items()
            ),
            OpaqueFunction(function=describe_node),
            OpaqueFunction(
                function=describe_rviz, condition=IfCondition(LaunchConfiguration('rviz'))
            ),
        ]
    )


def describe_arguments() -> list[tuple[str, str, str]]:
    """List name, default and text of the arguments that take any text."""
    parameter_file = os.path.join(get_package_share_directory('segnet_ros'), PARAMETER_FILE)
    return [
        ('namespace', '', 'Namespace of the node, such as robot1.'),
        ('name', 'segnet', 'Name of the node; its outputs are named after it: /segnet/overlay.'),
        ('image_topic', IMAGE_TOPIC, 'Camera topic to segment.'),
        ('camera_info_topic', '', 'Its camera_info. Empty: beside the image topic.'),
        (
            'cameras',
            '',
            'Several cameras, NAME:=TOPIC separated by commas, such as'
            ' front:=/cam_f/image_raw,rear:=/cam_r/image_raw. Empty: one, image_topic.',
        ),
        ('checkpoint', '', 'Checkpoint file. Empty: as in params_file, else the packaged one.'),
        ('device', '', 'auto, cpu, cuda or cuda:N. Empty: as in params_file, else auto.'),
        ('precision', '', 'auto, fp32, fp16 or bf16. Empty: as in params_file, else auto.'),
        ('backend', '', 'torch or onnxruntime. Empty: as in params_file, else torch.'),
        ('image_transport', '', 'raw or compressed. Empty: as in params_file, else raw.'),
        ('params_file', parameter_file, 'YAML file with parameters of the node.'),
        ('log_level', 'info', 'debug, info, warn, error or fatal.'),
        ('python_prefix', '', 'What to start the node with, such as the python3 of a venv.'),
        ('rviz_config', '', 'File for RViz. Empty: that for one camera, or for front and rear.'),
        ('fixed_frame', '', 'Fixed frame of RViz, such as base_link. Empty: as in rviz_config.'),
    ]


def parse_cameras(text: str) -> dict[str, str]:
    """
    Read ``NAME:=TOPIC,NAME:=TOPIC``.

    :return: topics by name of the camera; empty if the text is
    :raises ValueError: if it is something else
    """
    pairs = [part.strip().partition(':=') for part in text.split(',') if part.strip()]
    cameras = {name: topic for name, separator, topic in pairs if name and topic}
    if len(cameras) != len(pairs):
        raise ValueError(
            f"expected cameras:=NAME:=TOPIC,NAME:=TOPIC with different names, got '{text}'"
        )
    return cameras


def list_remappings(arguments: Mapping[str, str]) -> list[tuple[str, str]]:
    """
    List what the node's topics are called outside.

    :raises ValueError: if there are topics for one camera and for several
    """
    cameras = parse_cameras(arguments['cameras'])
    is_one_named = arguments['image_topic'] != IMAGE_TOPIC or arguments['camera_info_topic']
    if cameras and is_one_named:
        raise ValueError(
            'expected cameras, or image_topic and camera_info_topic, found both; put each topic'
            ' into cameras'
        )
    if cameras:
        return [(f'{name}/image_raw', topic) for name, topic in cameras.items()]
    remappings = [('image_raw', arguments['image_topic'])]
    if arguments['camera_info_topic']:
        remappings.append(('camera_info', arguments['camera_info_topic']))
    return remappings


def list_parameters(arguments: Mapping[str, str]) -> dict[str, Any]:
    """List the parameters of the node that were given as arguments, and only those."""
    given: dict[str, Any] = {
        name: ParameterValue(arguments[name], value_type=str)
        for name in PARAMETERS
        if arguments[name]
    }
    cameras = parse_cameras(arguments['cameras'])
    if cameras:
        given['cameras'] = list(cameras)
    if arguments['use_sim_time'] == 'true':
        given['use_sim_time'] = True
    return given


def describe_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Describe the node."""
    arguments = context.launch_configurations
    return [
        Node(
            package='segnet_ros',
            executable='segnet_node',
            namespace=arguments['namespace'],
            name=arguments['name'],
            parameters=[arguments['params_file'], list_parameters(arguments)],
            remappings=list_remappings(arguments),
            ros_arguments=['--log-level', arguments['log_level']],
            prefix=arguments['python_prefix'] or None,
            respawn=arguments['respawn'] == 'true',
            respawn_delay=RESPAWN_DELAY_S,
            output='screen',
        )
    ]


def describe_rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Describe RViz on the node's outputs, or say that it is not installed."""
    try:
        get_package_prefix('rviz2')
    except PackageNotFoundError:
        return [LogInfo(msg='rviz:=true needs rviz2, which is not installed: not shown')]
    arguments = context.launch_configurations
    node = posixpath.join('/', arguments['namespace'], arguments['name'])
    file = 'segnet_cameras.rviz' if arguments['cameras'] else 'segnet.rviz'
    share = get_package_share_directory('segnet_ros')
    config = arguments['rviz_config'] or os.path.join(share, 'config', file)
    frame = arguments['fixed_frame']
    return [
        Node(
            package='rviz2',
            executable='rviz2',
            arguments=['-d', config, *(('-f', frame) if frame else ())],
            remappings=[
                (f'/segnet/{output}', f'{node}/{output}')
                for camera in ('', *parse_cameras(arguments['cameras']))
                for output in (posixpath.join(camera, name) for name in SHOWN)
            ],
            parameters=[{'use_sim_time': arguments['use_sim_time'] == 'true'}],
        )
    ]
