"""What Fast DDS is told through environment variables, which differ between distributions."""

from __future__ import annotations

from importlib import metadata

from segnet_ros.node.process.ros_domain import claim_own_domain
from segnet_ros.node.process.share import find_shared_file

IRON, KILTED = 4, 9
"""Major versions of rclpy in the distributions that renamed a variable."""


def make_dds_environment() -> dict[str, str]:
    """Stay on this host, in a ROS graph of this process, with room for big images."""
    local = ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    before_iron = ('ROS_LOCALHOST_ONLY', '1')
    return dict(
        [
            local if _read_rclpy_major() >= IRON else before_iron,
            ('ROS_DOMAIN_ID', str(claim_own_domain()[0])),
            (name_profile_variable(), str(find_shared_file('config/fastdds.xml'))),
        ]
    )


def name_profile_variable() -> str:
    """Name the environment variable that tells this ROS 2's Fast DDS where its profile is."""
    prefix = 'FASTDDS' if _read_rclpy_major() >= KILTED else 'FASTRTPS'
    return f'{prefix}_DEFAULT_PROFILES_FILE'


def _read_rclpy_major() -> int:
    try:
        return int(metadata.version('rclpy').split('.')[0])
    except metadata.PackageNotFoundError:
        return KILTED
