"""What a message with an image must have, whoever made it: ROS, or a library that reads bags."""

from __future__ import annotations

from typing import Any
from typing import Protocol


class RawImage(Protocol):
    """The fields of sensor_msgs/msg/Image that are read."""

    @property
    def height(self) -> int:
        """In pixels."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def encoding(self) -> str:
        """Name of the encoding."""

    @property
    def is_bigendian(self) -> int:
        """Whether the high byte of a sample comes first."""

    @property
    def step(self) -> int:
        """Bytes from one row to the next."""

    @property
    def data(self) -> Any:
        """A buffer of bytes: ``bytes``, a memoryview, an ``array.array`` or a NumPy array."""


class CompressedImage(Protocol):
    """The field of sensor_msgs/msg/CompressedImage that is read."""

    @property
    def data(self) -> Any:
        """A buffer of bytes, as that of a RawImage."""
