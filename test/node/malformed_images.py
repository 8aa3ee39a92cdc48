"""Images that nothing can read, drawn at random, each broken in a way that is known."""

from __future__ import annotations

import array
from collections.abc import Callable
from collections.abc import Mapping
from typing import NamedTuple

from encoded_pictures import CASES
from encoded_pictures import make_message
import numpy as np
from picture_files import draw_smooth
from picture_files import make_jpeg
from picture_files import make_png
from picture_files import set_jpeg_size
from picture_files import set_png_size
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

Message = Image | CompressedImage | bytes
"""Whatever a publisher takes; bytes are a serialized message."""
Fault = Callable[[np.random.Generator], Message]
PAIRED = ('uyvy', 'yuv422', 'yuyv', 'yuv422_yuy2', 'nv12', 'nv21')
"""Encodings whose width is even."""
NEAR_MISSES = ('', 'RGB8', 'rgb8 ', 'rgb', 'mono7', 'bayer_rggb7', '32FC7', 'rgb8; jpeg')
ANY_REASON = ''
PNG, JPEG = make_png(draw_smooth()), make_jpeg(draw_smooth())


class Malformed(NamedTuple):
    """A message, and the reason that it must be dropped for, or ``ANY_REASON``."""

    reason: str
    message: Message


def draw_malformed(rng: np.random.Generator, faults: Mapping[str, Fault]) -> Malformed:
    """Draw one of the faults, and a message with it."""
    reason = str(rng.choice(list(faults)))
    return Malformed(reason, faults[reason](rng))


def draw_sound(rng: np.random.Generator, encoding: str = '', padding: int = 0) -> Image:
    """
    Draw an image that can be read, of any content, stamp and byte order.

    :param encoding: empty for any
    """
    encoding = encoding or str(rng.choice(list(CASES)))
    height, width = (int(half) * 2 for half in rng.integers(2, 8, 2))  # all encodings have these
    message = make_message(encoding, CASES[encoding].draw(height, width), padding)
    message.is_bigendian = int(rng.integers(0, 256))
    message.header.stamp.sec = int(rng.integers(-(2**31), 2**31))
    message.header.stamp.nanosec = int(rng.integers(0, 2**32))
    return message


def break_size_to_nothing(rng: np.random.Generator) -> Image:
    """Draw an image without rows or columns."""
    message = draw_sound(rng)
    message.height, message.width = rng.choice([0, 1, 2**32 - 1], 2).tolist()
    if rng.integers(0, 2):
        message.height = 0
    else:
        message.width = 0
    return message


def break_encoding(rng: np.random.Generator) -> Message:
    """Draw an image with the wrong name, be it text or not."""
    message = draw_sound(rng)
    if rng.integers(0, 2):
        message.encoding = str(rng.choice(NEAR_MISSES))
        return message
    name = rng.bytes(int(rng.integers(16, 300)))
    message.encoding = 'x' * len(name)
    # The setter takes text only; other publishers send what they like.
    return bytes(serialize_message(message)).replace(message.encoding.encode(), name, 1)


def break_size(rng: np.random.Generator) -> Image:
    """Draw an image of a size that its encoding cannot have."""
    if rng.integers(0, 2):
        message = draw_sound(rng, str(rng.choice(PAIRED)))
        message.width -= 1
    else:
        message = draw_sound(rng, str(rng.choice([n for n in CASES if n.startswith('bayer')])))
        message.height = int(rng.integers(1, 3))
    return message


def break_step(rng: np.random.Generator) -> Image:
    """Draw an image whose rows would overlap."""
    message = draw_sound(rng)
    message.step = int(rng.integers(0, message.step))
    return message


def break_length(rng: np.random.Generator) -> Image:
    """Draw an image that lacks data, for what it has or for the step that it claims."""
    message = draw_sound(rng, padding=int(rng.integers(0, 20)))
    if rng.integers(0, 2):
        del message.data[int(rng.integers(0, len(message.data))) :]
    else:
        message.step = int(rng.integers(len(message.data) + 1, 2**32))
    return message


def draw_nonsense(rng: np.random.Generator) -> Image:
    """Draw every field by itself, but fewer bytes than pixels, which no encoding can have."""
    message = Image(encoding=str(rng.choice([*CASES, *NEAR_MISSES])))
    message.height, message.width, message.step = (2 ** rng.uniform(0, 32, 3)).astype(int).tolist()
    most = min(300, message.height * message.width)
    message.data = array.array('B', rng.bytes(int(rng.integers(0, most))))
    return message


def end_too_early(message: Image | CompressedImage, rng: np.random.Generator) -> bytes:
    """Draw what is left of a message of which the end is missing."""
    whole = bytes(serialize_message(message))
    return whole[: int(rng.integers(4, len(whole) - 3))]  # the last three may be padding


def break_message(rng: np.random.Generator) -> bytes:
    """Draw the beginning of an image."""
    return end_too_early(draw_sound(rng), rng)


def break_file_message(rng: np.random.Generator) -> bytes:
    """Draw the beginning of a compressed image."""
    return end_too_early(make_file(rng, PNG), rng)


def make_file(rng: np.random.Generator, data: bytes) -> CompressedImage:
    """Send bytes with any of the words that may be found in ``format``."""
    text = str(rng.choice(['', 'jpeg', 'png', 'rgb8; jpeg compressed bgr8', 'x' * 1000]))
    return CompressedImage(format=text, data=array.array('B', data))


def cut_off(rng: np.random.Generator) -> CompressedImage:
    """Draw a file that ends too early, anywhere."""
    whole = PNG if rng.integers(0, 2) else JPEG
    return make_file(rng, whole[: int(rng.integers(0, len(whole) - 1))])


def set_size(rng: np.random.Generator, height: int, width: int) -> CompressedImage:
    """Draw a file that claims another size than it has."""
    if max(height, width) < 2**16 and rng.integers(0, 2):
        return make_file(rng, set_jpeg_size(JPEG, height, width))
    return make_file(rng, set_png_size(PNG, height, width))


def claim_nothing(rng: np.random.Generator) -> CompressedImage:
    """Draw a file that claims to have no rows or no columns."""
    extent = int(rng.integers(0, 2**16))
    return set_size(rng, *((0, extent) if rng.integers(0, 2) else (extent, 0)))


def claim_too_much(rng: np.random.Generator) -> CompressedImage:
    """Draw a small file that claims to hold more pixels than fit into memory."""
    limit = 2**31 if rng.integers(0, 2) else 2**16
    return set_size(rng, *rng.integers(10_001, limit, 2).tolist())


def draw_garbage(rng: np.random.Generator) -> CompressedImage:
    """Draw noise, some of it behind the first bytes of a JPEG or PNG."""
    start = (b'', JPEG[:2], JPEG[:20], PNG[:8], PNG[:33])[int(rng.integers(0, 5))]
    return make_file(rng, start + rng.bytes(int(rng.integers(0, 600))))


FAULTS: dict[str, dict[str, Fault]] = {
    'raw': {
        'empty': break_size_to_nothing,
        'bad_encoding': break_encoding,
        'bad_size': break_size,
        'bad_step': break_step,
        'short_data': break_length,
        'bad_message': break_message,
        ANY_REASON: draw_nonsense,
    },
    'compressed': {
        'bad_data': cut_off,
        'empty': claim_nothing,
        'too_large': claim_too_much,
        'bad_message': break_file_message,
        ANY_REASON: draw_garbage,
    },
}
"""By transport and reason: every one that a malformed image can be dropped for."""
