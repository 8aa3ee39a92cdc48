"""A picture reads the same in every encoding, at every step and at every size that it can have."""

from __future__ import annotations

import array as byte_array
from typing import Any

import numpy as np
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS 2 message packages')

from encoded_pictures import assert_close
from encoded_pictures import CASES
from encoded_pictures import draw
from encoded_pictures import make_message
from segnet_ros.images.encodings import ENCODINGS
from segnet_ros.images.image_error import ImageError
from segnet_ros.node.images.conversions import image_to_rgb
from sensor_msgs.msg import Image


def test_every_encoding_is_tested() -> None:
    assert set(CASES) == set(ENCODINGS)


@pytest.mark.parametrize('padding', [0, 1, 4, 29])
@pytest.mark.parametrize(
    ('encoding', 'size'), [(name, size) for name, case in CASES.items() for size in case.sizes]
)
def test_picture_reads_as_if_sent_as_rgb(
    encoding: str, size: tuple[int, int], padding: int
) -> None:
    picture = draw(encoding, size)
    message = make_message(encoding, picture, padding)
    data = bytes(message.data)
    image = image_to_rgb(message)
    assert image.dtype == np.uint8
    assert image.shape == (*size, 3)
    assert min(image.strides) > 0, 'torch.from_numpy refuses negative strides'
    assert_close(image, image_to_rgb(make_message('rgb8', picture)), encoding)
    assert bytes(message.data) == data


@pytest.mark.parametrize('encoding', list(CASES))
def test_only_rgb_shares_memory_with_the_message(encoding: str) -> None:
    message = make_message(encoding, draw(encoding), 5)
    image = image_to_rgb(message)
    shares = np.shares_memory(image, np.frombuffer(message.data, np.uint8))
    assert shares == (encoding == 'rgb8')
    assert shares or image.flags.c_contiguous


@pytest.mark.parametrize('encoding', list(CASES))
def test_data_as_bytes_and_surplus_data_are_read(encoding: str) -> None:
    picture = draw(encoding)
    message = make_message(encoding, picture, 2)
    message._data = message.data.tobytes() + b'surplus'  # the setter would make it an array
    assert_close(image_to_rgb(message), picture, encoding)


@pytest.mark.parametrize('encoding', list(CASES))
def test_byte_order_matters_for_16_bits_only(encoding: str) -> None:
    picture = draw(encoding)
    message = make_message(encoding, picture, 2)
    message.is_bigendian = 1
    if encoding == 'mono16':
        swapped = np.frombuffer(message.data, np.uint16).byteswap()
        message.data = byte_array.array('B', swapped.tobytes())
    assert_close(image_to_rgb(message), picture, encoding)


@pytest.mark.parametrize(
    ('encoding', 'size', 'words'),
    [
        *((name, (4, 3), ['2x1', '3x4']) for name in ('uyvy', 'yuv422', 'yuyv', 'yuv422_yuy2')),
        *((name, (4, 3), ['2x2', '3x4']) for name in ('nv12', 'nv21')),
        *((name, (3, 4), ['2x2', '4x3']) for name in ('nv12', 'nv21')),
        *((name, (2, 4), ['3x3', '4x2']) for name in CASES if name.startswith('bayer')),
        *((name, (4, 2), ['3x3', '2x4']) for name in CASES if name.startswith('bayer')),
    ],
)
def test_size_that_the_encoding_cannot_have_is_refused(
    encoding: str, size: tuple[int, int], words: list[str]
) -> None:
    message = Image(height=size[0], width=size[1], encoding=encoding, step=100)
    message.data = byte_array.array('B', bytes(2000))
    with pytest.raises(ImageError) as refusal:
        image_to_rgb(message)
    assert refusal.value.reason == 'bad_size'
    for word in [*words, encoding, 'expected', 'found', '; set the camera driver']:
        assert word in str(refusal.value)


@pytest.mark.parametrize('encoding', list(CASES))
def test_rows_that_are_too_short_or_too_few_are_refused(encoding: str) -> None:
    message = make_message(encoding, draw(encoding))
    message.data.pop()
    with pytest.raises(ImageError, match=rf'expected {len(message.data) + 1} bytes') as refusal:
        image_to_rgb(message)
    assert refusal.value.reason == 'short_data'
    message.step -= 1
    with pytest.raises(
        ImageError, match=f'{message.step + 1} bytes for .* of {encoding}'
    ) as short:
        image_to_rgb(message)
    assert short.value.reason == 'bad_step'


def test_no_message_raises_anything_else() -> None:
    rng = np.random.default_rng(11)
    read = 0
    for _ in range(2000):
        message = Image(encoding=str(rng.choice(list(CASES))), step=int(rng.integers(0, 40)))
        message.height, message.width = (int(extent) for extent in rng.integers(0, 10, 2))
        message.is_bigendian = int(rng.integers(0, 256))
        message.data = byte_array.array('B', rng.bytes(rng.integers(0, 800)))
        try:
            assert image_to_rgb(message).shape == (message.height, message.width, 3)
            read += 1
        except ImageError:
            pass
    assert 300 < read < 1700


@pytest.mark.parametrize('encoding', sorted(set(CASES) - {'uyvy', 'yuyv', 'nv12', 'nv21', 'nv24'}))
def test_cv_bridge_agrees(encoding: str, real_bridge: Any) -> None:
    message = make_message(encoding, draw(encoding))
    wanted = 'passthrough' if encoding.startswith('8U') else 'rgb8'
    expected = real_bridge.imgmsg_to_cv2(message, wanted)
    if wanted == 'passthrough':
        channels = {2: np.s_[..., None], 3: np.s_[..., 2::-1]}[expected.ndim]
        expected = np.broadcast_to(expected[channels], (*expected.shape[:2], 3))
    # It rounds 16 bits where we cut them off.
    np.testing.assert_allclose(image_to_rgb(message), expected, atol=int(encoding == 'mono16'))
