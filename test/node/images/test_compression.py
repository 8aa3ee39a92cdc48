"""Compressed outputs: labels come back exactly, colors in the right order, in viewers too."""

from __future__ import annotations

import array as byte_array
from collections.abc import Callable
from types import SimpleNamespace

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS 2 message packages')

from segnet_ros.node.images.compression import fill_jpeg
from segnet_ros.node.images.compression import fill_png
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

HEIGHT, WIDTH = 37, 53


def make_label() -> NDArray[np.uint8]:
    """Draw every class id and unlabeled, uint8 (HEIGHT, WIDTH)."""
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)


def make_color() -> NDArray[np.uint8]:
    """Paint three quarters red, the rest blue, with one green row; uint8 (HEIGHT, WIDTH, 3)."""
    color = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    color[..., 0] = 200
    color[:, 40:] = (10, 20, 220)
    color[0] = (0, 240, 0)
    return color


def decode_as_image_transport(message: CompressedImage) -> tuple[str, NDArray[np.uint8]]:
    """
    Do what the compressed subscriber of image_transport does.

    :return: encoding and data of the image that it hands over
    """
    pixels = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_UNCHANGED)
    encoding, separator, compression = message.format.partition(';')
    assert separator, 'it would take an rgb8 image for bgr8'
    assert encoding in ('mono8', 'rgb8')
    if encoding == 'rgb8' and 'compressed bgr' in compression:
        pixels = pixels[..., ::-1]
    return encoding, pixels


@pytest.mark.parametrize('level', [0, 1, 3, 9])
def test_a_label_png_gives_back_every_bit(level: int) -> None:
    label = make_label()
    message = CompressedImage()
    fill_png(message, label, Header(), level)
    assert message.format == 'mono8; png compressed '
    encoding, decoded = decode_as_image_transport(message)
    assert encoding == 'mono8'
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, label)


def test_a_color_png_gives_back_every_bit_in_order() -> None:
    color = make_color()
    message = CompressedImage()
    fill_png(message, color, Header(), 1)
    assert message.format == 'rgb8; png compressed bgr8'
    encoding, decoded = decode_as_image_transport(message)
    assert encoding == 'rgb8'
    np.testing.assert_array_equal(decoded, color)


def test_a_jpeg_shows_the_right_colors() -> None:
    color = make_color()
    message = CompressedImage()
    fill_jpeg(message, color, Header(), 95)
    assert message.format == 'rgb8; jpeg compressed bgr8'
    assert message.data.tobytes()[:2] == b'\xff\xd8'
    encoding, decoded = decode_as_image_transport(message)
    assert encoding == 'rgb8'
    difference = np.abs(decoded[8:, :32].astype(int) - color[8:, :32])
    assert difference.max() < 8


@pytest.mark.parametrize('fill', [fill_png, fill_jpeg])
def test_the_file_itself_has_the_right_colors(fill: Callable[..., None]) -> None:
    """Browsers and Foxglove do not read the format, only the file."""
    message = CompressedImage()
    fill(message, make_color(), Header(), 9 if fill is fill_png else 95)
    blue, green, red = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_COLOR)[20, 9]
    assert red > 190
    assert max(green, blue) < 10


def test_the_header_is_passed_on_and_the_setter_given_the_type_that_it_takes_as_it_is() -> None:
    """A namespace shows what the setter is given; on Humble it looks at every byte of others."""
    header = Header(frame_id='front_optical')
    for fill, array in ((fill_png, make_label()), (fill_jpeg, make_color())):
        message = SimpleNamespace()
        fill(message, array, header, 3)
        assert message.header is header
        assert type(message.data) is byte_array.array
        assert message.data.typecode == 'B'


def test_a_message_is_reused_for_smaller_and_larger_images() -> None:
    message = CompressedImage()
    for size in ((90, 120), (3, 4), (240, 320)):
        label = np.full(size, 255, np.uint8)
        fill_png(message, label, Header(), 1)
        np.testing.assert_array_equal(decode_as_image_transport(message)[1], label)


def test_any_strides_are_encoded_in_order() -> None:
    label, color = make_label(), make_color()
    message = CompressedImage()
    for strided in (label[::-1, ::2], label.T, color[::2, ::-1], color.transpose(1, 0, 2)):
        fill_png(message, strided, Header(), 1)
        np.testing.assert_array_equal(decode_as_image_transport(message)[1], strided)


def test_level_and_quality_count() -> None:
    sizes = []
    for fill, array, value in (
        (fill_png, np.zeros((480, 640), np.uint8), 0),
        (fill_png, np.zeros((480, 640), np.uint8), 9),
        (fill_jpeg, np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), 95),
        (fill_jpeg, np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), 5),
    ):
        message = CompressedImage()
        fill(message, array, Header(), value)
        sizes.append(len(message.data))
    assert sizes[0] > 10 * sizes[1]
    assert sizes[2] > 2 * sizes[3]


@pytest.mark.parametrize(
    ('fill', 'array', 'words'),
    [
        (fill_png, np.zeros((4, 5), np.int64), ['uint8', 'int64']),
        (fill_png, np.zeros((4, 5, 3), np.float32), ['uint8', 'float32']),
        (fill_jpeg, np.zeros((4, 5, 3), np.int64), ['uint8', 'int64']),
        (fill_png, np.zeros((4, 5, 4), np.uint8), ['(H, W, 3)', '(4, 5, 4)']),
        (fill_png, np.zeros(20, np.uint8), ['(H, W)', '(20,)']),
        (fill_png, np.zeros((0, 5), np.uint8), ['.png', '5x0']),
        (fill_jpeg, np.zeros((4, 5), np.uint8), ['(H, W, 3)', '(4, 5)', 'PNG']),
        (fill_jpeg, np.zeros((1, 70000, 3), np.uint8), ['.jpg', '70000x1']),
    ],
)
def test_an_array_that_does_not_fit_is_refused(
    fill: Callable[..., None], array: NDArray[np.uint8], words: list[str]
) -> None:
    message = CompressedImage()
    with pytest.raises(ValueError, match=r'expected .*, found .*; ') as refusal:
        fill(message, array, Header(), 3)
    assert [word for word in words if word not in str(refusal.value)] == []
    assert (message.format, len(message.data)) == ('', 0)
