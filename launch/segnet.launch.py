"""
Start the segnet node, and RViz on its outputs if asked for.

    ros2 launch segnet_ros segnet.launch.py image_topic:=/camera/image_raw rviz:=true
"""

from __future__ import annotations

import os
import posixpath

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
PARAMETERS = ('checkpoint', 'device')
"""Arguments that are parameters of the node too; an empty one leaves the value of the file."""
SHOWN = ('overlay', 'color', 'confidence')
"""Outputs that ``config/segnet.rviz`` shows, under the default node name."""


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments, the node and RViz."""
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=default, description=text)
                for name, default, text in describe_arguments()
            ),
            DeclareLaunchArgument(
                'rviz',
                default_value='false',
                choices=['true', 'false'],
                description='Show overlay, colors and confidence in RViz.',
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
        ('image_topic', 'image_raw', 'Camera topic to segment.'),
        ('checkpoint', '', 'Checkpoint file. Empty: as in params_file, else the packaged one.'),
        ('device', '', 'auto, cpu, cuda or cuda:N. Empty: as in params_file, else auto.'),
        ('params_file', parameter_file, 'YAML file with parameters of the node.'),
    ]


def describe_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Describe the node, with only those parameters set that were given as arguments."""
    arguments = context.launch_configurations
    given = {
        name: ParameterValue(arguments[name], value_type=str)
        for name in PARAMETERS
        if arguments[name]
    }
    return [
        Node(
            package='segnet_ros',
            executable='segnet_node',
            namespace=arguments['namespace'],
            name=arguments['name'],
            parameters=[arguments['params_file'], given],
            remappings=[('image_raw', arguments['image_topic'])],
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
    config = os.path.join(get_package_share_directory('segnet_ros'), 'config', 'segnet.rviz')
    return [
        Node(
            package='rviz2',
            executable='rviz2',
            arguments=['-d', config],
            remappings=[(f'/segnet/{output}', f'{node}/{output}') for output in SHOWN],
        )
    ]
