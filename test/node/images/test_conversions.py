"""Image messages are refused where they must be, and written; test_encodings.py reads them."""

from __future__ import annotations

import array as byte_array

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS 2 message packages')

from segnet_ros.images.image_error import ImageError
from segnet_ros.node.images.conversions import fill_image
from segnet_ros.node.images.conversions import image_to_rgb
from segnet_ros.node.images.conversions import read_stamp
from sensor_msgs.msg import Image
from std_msgs.msg import Header

HEIGHT, WIDTH = 7, 11
ORDERS = {
    'rgb8': (0, 1, 2),
    'bgr8': (2, 1, 0),
    'rgba8': (0, 1, 2),
    'bgra8': (2, 1, 0),
    'mono8': (0, 0, 0),
}
CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}


def make_pixels(channels: int) -> NDArray[np.uint8]:
    """Draw random samples, uint8 (HEIGHT, WIDTH, channels)."""
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, channels), dtype=np.uint8)


def make_message(encoding: str, padding: int = 0) -> tuple[Image, NDArray[np.uint8]]:
    """
    Build a message row by row in plain bytes, each row followed by noise.

    :return: the message and its samples, uint8 (HEIGHT, WIDTH, channels)
    """
    pixels = make_pixels(CHANNELS[encoding])
    message = Image(height=HEIGHT, width=WIDTH, encoding=encoding)
    message.step = WIDTH * CHANNELS[encoding] + padding
    rows = b''.join(pixels[y].tobytes() + b'\xa5' * padding for y in range(HEIGHT))
    message.data = byte_array.array('B', rows)
    return message, pixels


def pick_rgb(pixels: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """Reorder samples to RGB by indexing, sharing no code with the package."""
    return np.stack([pixels[..., channel] for channel in ORDERS[encoding]], axis=-1)


@pytest.mark.parametrize('padding', [0, 5])
def test_rgb_shares_memory_with_the_message(padding: int) -> None:
    message, pixels = make_message('rgb8', padding)
    image = image_to_rgb(message)
    assert np.shares_memory(image, np.frombuffer(message.data, np.uint8))
    np.testing.assert_array_equal(image, pixels)


@pytest.mark.parametrize(
    ('changes', 'reason', 'words'),
    [
        ({'encoding': 'yuv9'}, 'bad_encoding', ['rgb8', 'mono8', "'yuv9'", 'driver']),
        ({'encoding': ''}, 'bad_encoding', ['rgb8', "''"]),
        ({'encoding': 'a\nb\x1b[2J'}, 'bad_encoding', [r"'a\nb\x1b[2J'"]),
        ({'encoding': 'x' * 5000}, 'bad_encoding', [f"found '{'x' * 40}...';"]),
        ({'height': 0}, 'empty', ['1x1', '11x0']),
        ({'width': 0}, 'empty', ['1x1', '0x7']),
        ({'step': 32}, 'bad_step', ['33', 'found 32']),
        ({'step': 34}, 'short_data', ['238 bytes', 'found 231']),
        ({'data': byte_array.array('B')}, 'short_data', ['231 bytes', 'found 0']),
    ],
)
def test_bad_image_is_refused_in_one_line(
    changes: dict[str, object], reason: str, words: list[str]
) -> None:
    message, _ = make_message('rgb8')
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(ImageError) as refusal:
        image_to_rgb(message)
    assert refusal.value.reason == reason
    assert '\n' not in str(refusal.value)
    for word in [*words, 'expected', 'found', ';']:
        assert word in str(refusal.value)


def test_error_of_opencv_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(samples: NDArray[np.uint8], code: int) -> None:
        raise cv2.error('out of\nmemory')

    monkeypatch.setattr(cv2, 'cvtColor', fail)
    with pytest.raises(ImageError, match=r"expected bgr8 .* found 11x7 .*; .*'out of\\nmemory'"):
        image_to_rgb(make_message('bgr8')[0])


@pytest.mark.parametrize('encoding', list(ORDERS))
def test_filled_message_reads_back(encoding: str) -> None:
    pixels = make_pixels(CHANNELS[encoding])
    header = Header(frame_id='front_optical')
    message = Image(is_bigendian=1, step=99)
    fill_image(message, pixels, encoding, header)
    assert message.header is header
    assert (message.height, message.width, message.encoding) == (HEIGHT, WIDTH, encoding)
    assert (message.step, message.is_bigendian) == (WIDTH * CHANNELS[encoding], 0)
    assert message.data.tobytes() == pixels.tobytes()
    np.testing.assert_array_equal(image_to_rgb(message), pick_rgb(pixels, encoding))


def test_label_image_needs_no_channel_axis() -> None:
    label = make_pixels(1)[..., 0]
    message = Image()
    fill_image(message, label, 'mono8', Header())
    assert message.step == WIDTH
    assert message.data.tobytes() == label.tobytes()


def test_any_strides_are_written_in_order() -> None:
    pixels = make_pixels(3)
    message = Image()
    for strided in (pixels[::-1, ::2, ::-1], pixels.transpose(1, 0, 2), np.asfortranarray(pixels)):
        fill_image(message, strided, 'rgb8', Header())
        assert message.data.tobytes() == strided.tobytes()


def test_buffer_is_an_array_and_is_kept_between_images() -> None:
    """The setter looks at every byte of any other type: over 100 ms for a large image."""
    message = Image()
    fill_image(message, np.zeros((720, 1280, 3), np.uint8), 'rgb8', Header())
    data = message.data
    assert type(data) is byte_array.array
    assert data.typecode == 'B'
    fill_image(message, np.full((1280, 720, 3), 7, np.uint8), 'rgb8', Header())
    assert message.data is data
    assert set(data) == {7}
    fill_image(message, np.zeros((2, 3, 3), np.uint8), 'rgb8', Header())
    assert len(message.data) == 18


@pytest.mark.parametrize(
    ('pixels', 'encoding'),
    [(np.zeros((2, 2, 3), np.float32), 'rgb8'), (np.zeros((2, 2), np.uint8), 'rgb8')],
)
def test_array_that_does_not_fit_is_refused(pixels: NDArray[np.uint8], encoding: str) -> None:
    with pytest.raises(ValueError, match='expected a uint8 array with 3 channels'):
        fill_image(Image(), pixels, encoding, Header())


@pytest.mark.parametrize(('seconds', 'expected'), [(3, 3_000_000_007), (0, 7), (-1, -999_999_993)])
def test_every_stamp_of_the_message_is_read(seconds: int, expected: int) -> None:
    header = Header()
    header.stamp.sec, header.stamp.nanosec = seconds, 7
    assert read_stamp(header) == expected
