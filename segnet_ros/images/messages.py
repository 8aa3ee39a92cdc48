"""What a message with an image must have, whoever made it: ROS, or a library that reads bags."""

from __future__ import annotations

from typing import Any
from typing import Protocol


class RawImage(Protocol):
    """
    The fields of sensor_msgs/msg/Image that are read.

    ``data`` is a buffer of bytes: an ``array.array``, ``bytes`` or a NumPy array.
    """

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedImage(Protocol):
    """The field of sensor_msgs/msg/CompressedImage that is read, a buffer of bytes."""

    data: Any
