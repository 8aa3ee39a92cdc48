"""The files beside the code, and how Fast DDS is told of one of them."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
import sys

KILTED = 9
"""Major version of rclpy in the first distribution whose Fast DDS reads the newer variable."""


def find_shared_file(name: str) -> Path:
    """
    Find a file that is installed to ``share/segnet_ros``.

    Looks into the source tree, then where pip and colcon install to.

    :param name: path within the package, such as ``config/fastdds.xml``
    :raises FileNotFoundError: if it is nowhere
    """
    tree = Path(__file__).parents[2]
    install_prefixes = [Path(sys.prefix), *Path(__file__).parents]
    candidates = [
        tree / name,
        *(prefix / 'share/segnet_ros' / name for prefix in install_prefixes),
    ]
    for path in candidates:
        if path.is_file():
            return path
    raise FileNotFoundError(f"no '{name}' of segnet_ros: expected {tree / name}; install it anew")


def name_profile_variable() -> str:
    """Name the environment variable that tells this ROS 2's Fast DDS where its profile is."""
    try:
        major = int(metadata.version('rclpy').split('.')[0])
    except metadata.PackageNotFoundError:
        major = KILTED
    return 'FASTDDS_DEFAULT_PROFILES_FILE' if major >= KILTED else 'FASTRTPS_DEFAULT_PROFILES_FILE'
