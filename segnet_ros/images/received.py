"""
Images as DDS hands them over: serialized, of which the fields are read and the pixels stay.

rclpy would make Python objects of each whole message while no other thread may run Python, also of
the many images that are replaced by newer ones: milliseconds for each of a big camera.

Sources: OMG DDS-XTypes 1.3, section 7.4.3 (what ROS calls "cdr"); sensor_msgs/msg/Image and
CompressedImage.
"""

from __future__ import annotations

from dataclasses import dataclass
import struct

from segnet_ros.images.image_error import ImageError

_BYTE_ORDERS = {0: '>', 1: '<', 6: '>', 7: '<'}
"""By identifier of a plain encapsulation, of version 1 or 2, which are alike for these types."""
_ENCAPSULATION_SIZE = 4
_ALIGNMENT = 4


@dataclass(frozen=True)
class Origin:
    """When and where an image was taken: its header."""

    sec: int
    nanosec: int
    frame_id: str

    @property
    def stamp_ns(self) -> int:
        """Nanoseconds; the message allows negative seconds, at which rclpy's ``Time`` raises."""
        return self.sec * 10**9 + self.nanosec


@dataclass(frozen=True)
class ReceivedImage:
    """The fields of an Image, as they were sent."""

    origin: Origin
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: memoryview
    """Read-only, in the memory of the message."""


@dataclass(frozen=True)
class ReceivedFile:
    """The fields of a CompressedImage, as they were sent."""

    origin: Origin
    format: str
    data: memoryview
    """Read-only, in the memory of the message."""


def read_image(message: bytes) -> ReceivedImage:
    """
    Read a serialized Image.

    :raises ImageError: if it is none
    """
    reader = _Reader(message)
    return ReceivedImage(
        origin=reader.read_origin(),
        height=reader.read_number('I'),
        width=reader.read_number('I'),
        encoding=reader.read_text(),
        is_bigendian=reader.read_number('B'),
        step=reader.read_number('I'),
        data=reader.read_bytes(),
    )


def read_file(message: bytes) -> ReceivedFile:
    """
    Read a serialized CompressedImage.

    :raises ImageError: if it is none
    """
    reader = _Reader(message)
    return ReceivedFile(
        origin=reader.read_origin(), format=reader.read_text(), data=reader.read_bytes()
    )


class _Reader:
    """Read the fields of a serialized message, one after the other."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._position = _ENCAPSULATION_SIZE
        identifier = int.from_bytes(message[:2], 'big')
        if len(message) < _ENCAPSULATION_SIZE or identifier not in _BYTE_ORDERS:
            raise self._refuse()
        self._order = _BYTE_ORDERS[identifier]

    def read_origin(self) -> Origin:
        return Origin(self.read_number('i'), self.read_number('I'), self.read_text())

    def read_number(self, kind: str) -> int:
        """
        Read a number.

        :param kind: letter of ``struct``, of a number of 1 or 4 bytes
        """
        layout = self._order + kind
        size = struct.calcsize(layout)
        if size == _ALIGNMENT:
            self._position += -self._position % _ALIGNMENT
        try:
            (number,) = struct.unpack_from(layout, self._message, self._position)
        except struct.error as error:
            raise self._refuse() from error
        self._position += size
        return int(number)

    def read_text(self) -> str:
        """Read text, of which anything may have been sent."""
        return bytes(self.read_bytes()).removesuffix(b'\0').decode(errors='replace')

    def read_bytes(self) -> memoryview:
        size = self.read_number('I')
        begin, end = self._position, self._position + size
        if end > len(self._message):
            raise self._refuse()
        self._position = end
        return memoryview(self._message)[begin:end]

    def _refuse(self) -> ImageError:
        return ImageError(
            'bad_message',
            f'expected a serialized image, found {len(self._message)} bytes that are none or are'
            ' cut off; does the publisher have another definition of the message?',
        )
