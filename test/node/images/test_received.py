"""Tests of reading serialized images, beside rclpy's own reading."""

from __future__ import annotations

from contextlib import suppress
import struct

from malformed_images import draw_sound
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.received import read_file
from segnet_ros.images.received import read_image
from segnet_ros.node.images.conversions import make_header
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

NAMES = ('', 'a', 'ab', 'abc', 'camera', 'Kamera vorn, für später')


def draw_image(rng: np.random.Generator) -> Image:
    """Draw an image, with names of any length: what follows them is aligned."""
    message = draw_sound(rng)
    message.header.frame_id = str(rng.choice(NAMES))
    message.encoding = str(rng.choice([message.encoding, *NAMES]))
    return message


def assert_same_fields(read: object, message: object, names: tuple[str, ...]) -> None:
    for name in names:
        assert getattr(read, name) == getattr(message, name), name


def test_every_field_is_read_as_it_was_sent() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        message = draw_image(rng)
        read = read_image(bytes(serialize_message(message)))
        names = ('height', 'width', 'encoding', 'is_bigendian', 'step')
        assert_same_fields(read, message, names)
        assert bytes(read.data) == bytes(message.data)
        assert make_header(read.origin) == message.header
        stamp = message.header.stamp
        assert read.origin.stamp_ns == stamp.sec * 10**9 + stamp.nanosec


def test_a_compressed_image_is_read_as_it_was_sent() -> None:
    message = CompressedImage(format='jpeg', data=b'\xff\xd8 and so on')
    message.header.frame_id, message.header.stamp.sec = 'front', -1
    read = read_file(bytes(serialize_message(message)))
    assert read.format == 'jpeg'
    assert bytes(read.data) == bytes(message.data)
    assert make_header(read.origin) == message.header


def test_pixels_are_not_copied_and_cannot_be_written_to() -> None:
    message = bytes(serialize_message(draw_sound(np.random.default_rng(1))))
    data = read_image(message).data
    assert data.obj is message
    assert data.readonly


@pytest.mark.parametrize('version', [0, 6])
def test_big_endian_publishers_are_understood(version: int) -> None:
    message = struct.pack('>HHiI', version, 0, -5, 6)
    message += struct.pack('>I4s', 4, b'top\0')
    message += struct.pack('>II', 1, 2)
    message += struct.pack('>I6sB', 6, b'mono8\0', 1) + b'\0'
    message += struct.pack('>II2s', 2, 2, b'\x07\x08')
    read = read_image(message)
    assert (read.origin.sec, read.origin.nanosec, read.origin.frame_id) == (-5, 6, 'top')
    assert (read.height, read.width, read.step, read.encoding) == (1, 2, 2, 'mono8')
    assert read.is_bigendian == 1
    assert list(read.data) == [7, 8]


def test_an_empty_text_may_come_without_its_end() -> None:
    message = struct.pack('<HHiII', 256, 0, 0, 0, 0) + struct.pack('<I4sI', 4, b'png\0', 0)
    read = read_file(message)
    assert (read.origin.frame_id, read.format, len(read.data)) == ('', 'png', 0)


def test_a_message_that_is_cut_off_is_refused_wherever_that_is() -> None:
    message = bytes(serialize_message(draw_sound(np.random.default_rng(2))))
    used = len(message) - len(message) % 4  # some vendors pad the end
    for size in range(used - 3):
        with pytest.raises(ImageError, match=r'expected .* found') as refusal:
            read_image(message[:size])
        assert refusal.value.reason == 'bad_message'


def test_no_bytes_raise_anything_else() -> None:
    rng = np.random.default_rng(3)
    message = bytes(serialize_message(draw_sound(rng)))
    for _ in range(3000):
        broken = bytearray(message)
        for place in rng.integers(0, min(80, len(broken)), 4):
            broken[place] = rng.integers(0, 256)
        for read in (read_image, read_file):
            with suppress(ImageError):
                read(bytes(broken))
