"""The files beside the code."""

from __future__ import annotations

from pathlib import Path
import sys


def find_shared_file(name: str) -> Path:
    """
    Find a file that is installed to ``share/segnet_ros``.

    Looks into the source tree, then where pip and colcon install to.

    :param name: path within the package, such as ``config/fastdds.xml``
    :raises FileNotFoundError: if it is nowhere
    """
    tree = Path(__file__).parents[3]
    install_prefixes = [Path(sys.prefix), *Path(__file__).parents]
    candidates = [
        tree / name,
        *(prefix / 'share/segnet_ros' / name for prefix in install_prefixes),
    ]
    for path in candidates:
        if path.is_file():
            return path
    raise FileNotFoundError(f"no '{name}' of segnet_ros: expected {tree / name}; install it anew")
