"""JPEG and PNG become RGB arrays, and everything else a refusal, before it takes memory."""

from __future__ import annotations

import array as byte_array
from contextlib import suppress

import cv2
import numpy as np
from numpy.typing import NDArray
from picture_files import add_segment
from picture_files import draw_noise
from picture_files import draw_smooth
from picture_files import HEIGHT
from picture_files import make_chunk
from picture_files import make_jpeg
from picture_files import make_png
from picture_files import set_jpeg_size
from picture_files import set_png_size
from picture_files import WIDTH
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS 2 message packages')

from segnet_ros.images.compressed_images import compressed_to_rgb
from segnet_ros.images.image_error import ImageError
from sensor_msgs.msg import CompressedImage

JPEG_TOLERANCE = 6
"""Of a smooth picture at quality 95."""
ORIENTATION = b'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
"""EXIF that says: turn by 90 degrees."""


def read(data: bytes, text: str = 'rgb8; jpeg compressed bgr8') -> NDArray[np.uint8]:
    """Send bytes as a message."""
    message = CompressedImage(format=text, data=byte_array.array('B', data))
    image = compressed_to_rgb(message)
    assert bytes(message.data) == data
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    return image


def refuse(data: bytes) -> ImageError:
    """Send bytes that must be refused."""
    with pytest.raises(ImageError) as refusal:
        read(data)
    for word in ('expected', 'found', ';'):
        assert word in str(refusal.value)
    assert '\n' not in str(refusal.value)
    return refusal.value


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
@pytest.mark.parametrize('channels', [1, 2, 3, 4])
def test_png_of_any_kind_reads_exactly(channels: int, dtype: type) -> None:
    samples = draw_noise(channels, dtype)
    high = (samples >> (8 * samples.itemsize - 8)).astype(np.uint8)
    expected = high[..., :3] if channels > 2 else np.repeat(high[..., :1], 3, axis=2)
    np.testing.assert_array_equal(read(make_png(samples)), expected)


@pytest.mark.parametrize('with_alpha', [False, True])
def test_png_with_a_palette_reads_exactly(with_alpha: bool) -> None:
    colors = np.random.default_rng(4).integers(0, 256, (256, 3), dtype=np.uint8)
    chunks = [make_chunk(b'PLTE', colors.tobytes())]
    if with_alpha:
        chunks.append(make_chunk(b'tRNS', bytes(range(256))))
    samples = draw_noise(1)
    png = make_png(samples, *chunks, color_type=3)
    np.testing.assert_array_equal(read(png), colors[samples[..., 0]])


@pytest.mark.parametrize('options', [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_jpeg_reads_as_rgb(options: tuple[int, ...]) -> None:
    picture = draw_smooth()
    np.testing.assert_allclose(read(make_jpeg(picture, *options)), picture, atol=JPEG_TOLERANCE)


def test_gray_jpeg_reads_as_rgb() -> None:
    gray = draw_smooth()[..., 0]
    expected = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_allclose(read(make_jpeg(gray)), expected, atol=JPEG_TOLERANCE)


@pytest.mark.parametrize('text', ['', 'png', 'jpeg', 'rgb8; png compressed ', 'h264', '\x1b\n'])
def test_format_is_not_believed(text: str) -> None:
    picture = draw_smooth()
    np.testing.assert_allclose(read(make_jpeg(picture), text), picture, atol=JPEG_TOLERANCE)
    np.testing.assert_array_equal(read(make_png(picture), text), picture)


def test_orientation_is_ignored() -> None:
    picture = draw_smooth()
    turned = add_segment(make_jpeg(picture), 0xE1, b'Exif\0\0' + ORIENTATION)
    oriented = cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR)
    assert oriented.shape == (WIDTH, HEIGHT, 3), 'the file says nothing of an orientation'
    np.testing.assert_allclose(read(turned), picture, atol=JPEG_TOLERANCE)
    np.testing.assert_array_equal(
        read(make_png(picture, make_chunk(b'eXIf', ORIENTATION))), picture
    )


def test_bytes_around_the_image_do_no_harm() -> None:
    picture = draw_smooth()
    jpeg, png = make_jpeg(picture), make_png(picture)
    thumbnail = set_jpeg_size(jpeg, 60_000, 60_000)  # whose size must not count
    with_thumbnail = add_segment(jpeg, 0xE1, b'Exif\0\0' + thumbnail)
    with_profile = jpeg
    for _ in range(255):
        with_profile = add_segment(with_profile, 0xE2, b'ICC_PROFILE\0')
    with_fill_bytes = jpeg[:2] + b'\xff' * 9 + jpeg[2:]
    for data in (with_thumbnail, with_profile, with_fill_bytes, jpeg + bytes(512)):
        np.testing.assert_allclose(read(data), picture, atol=JPEG_TOLERANCE)
    np.testing.assert_array_equal(read(png + bytes(512)), picture)


def test_data_as_bytes_are_read() -> None:
    message = CompressedImage()
    message._data = make_png(draw_smooth())  # the setter would make it an array
    np.testing.assert_array_equal(compressed_to_rgb(message), draw_smooth())


@pytest.mark.parametrize(
    ('height', 'width'), [(20_000, 5_001), (1, 100_000_001), (2**31 - 1, 2**31 - 1)]
)
def test_large_image_is_refused_before_decoding(
    height: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, 'imdecode', None)
    picture = draw_smooth()
    files = [set_png_size(make_png(picture), height, width)]
    if max(height, width) < 2**16:
        files.append(set_jpeg_size(make_jpeg(picture), height, width))
    for data in files:
        error = refuse(data)
        assert error.reason == 'too_large'
        assert f'100000000 pixels, found {width}x{height}' in str(error)


def test_largest_image_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, 'imdecode', lambda data, flags: np.zeros((1, 2, 3), np.uint8))
    picture = draw_smooth()
    assert read(set_png_size(make_png(picture), 10_000, 10_000)).shape == (1, 2, 3)
    assert read(set_jpeg_size(make_jpeg(picture), 10_000, 10_000)).shape == (1, 2, 3)


def test_image_without_pixels_is_refused() -> None:
    assert refuse(set_png_size(make_png(draw_smooth()), 0, 5)).reason == 'empty'
    assert refuse(set_jpeg_size(make_jpeg(draw_smooth()), 5, 0)).reason == 'empty'


@pytest.mark.parametrize('decodes', [False, True], ids=['OpenCV 5', 'OpenCV 4.5.4'])
def test_image_that_is_cut_off_is_refused(decodes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is cut, and though an older OpenCV fills up what is missing."""
    if decodes:
        monkeypatch.setattr(cv2, 'imdecode', lambda data, flags: np.zeros((1, 2, 3), np.uint8))
    for data in (make_jpeg(draw_smooth()), make_png(draw_smooth())):
        for length in range(len(data)):
            assert refuse(data[:length]).reason == 'bad_data'


@pytest.mark.parametrize(
    'data',
    [
        b'\xff\xd8\xff\xd9',
        b'\xff\xd8' + b'\xff\xdb\0\x02' * 5000,
        b'GIF89a' + bytes(100),
        bytes(12) + make_png(np.zeros((4, 4, 1), np.uint16)),  # of compressedDepth
        np.random.default_rng(6).bytes(5000),
        b'\x89PNG\r\n\x1a\n' + np.random.default_rng(6).bytes(5000),
        b'\xff\xd8' + np.random.default_rng(6).bytes(5000),
        cv2.imencode('.bmp', np.zeros((4, 4, 3), np.uint8))[1].tobytes(),
        make_png(draw_smooth()).replace(b'IDAT', b'IDAX'),
    ],
    ids=range(9),
)
def test_garbage_is_refused(data: bytes) -> None:
    error = refuse(data)
    assert error.reason == 'bad_data'
    assert f'found {len(data)} bytes' in str(error)


def test_damaged_image_raises_nothing_else() -> None:
    rng = np.random.default_rng(8)
    for data in (make_jpeg(draw_smooth()), make_png(draw_smooth())):
        for _ in range(300):
            damaged = bytearray(data)
            damaged[rng.integers(len(data))] ^= int(rng.integers(1, 256))
            with suppress(ImageError):
                assert read(bytes(damaged)).ndim == 3


def test_error_of_opencv_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: NDArray[np.uint8], flags: int) -> None:
        raise cv2.error('out of\nmemory')

    monkeypatch.setattr(cv2, 'imdecode', fail)
    assert refuse(make_png(draw_smooth())).reason == 'bad_data'
