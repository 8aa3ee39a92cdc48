"""Messages that no ROS has made are read like those of ROS."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.raw_images import raw_to_rgb


def make_message(encoding: str, channels: int, padding: int) -> SimpleNamespace:
    """Make a message with read-only NumPy data, as rosbags does."""
    pixels = np.random.default_rng(1).integers(0, 256, (6, 8 * channels + padding), np.uint8)
    data = np.frombuffer(pixels.tobytes(), np.uint8)
    assert not data.flags.writeable
    return SimpleNamespace(
        height=6,
        width=8,
        encoding=encoding,
        is_bigendian=0,
        step=8 * channels + padding,
        data=data,
    )


@pytest.mark.parametrize('padding', [0, 5])
def test_read_only_data_in_numpy_are_read(padding: int) -> None:
    for encoding, order in (('rgb8', [0, 1, 2]), ('bgr8', [2, 1, 0]), ('mono8', [0, 0, 0])):
        channels = len(set(order))
        message = make_message(encoding, channels, padding)
        rows = message.data.reshape(6, -1)[:, : 8 * channels].reshape(6, 8, channels)
        assert np.array_equal(raw_to_rgb(message), rows[..., order])


def test_other_encodings_are_refused_or_left_to_a_reader() -> None:
    message = make_message('plaid8', 3, 0)
    with pytest.raises(ImageError, match="found 'plaid8'") as refusal:
        raw_to_rgb(message)
    assert refusal.value.reason == 'bad_encoding'
    black = np.zeros((6, 8, 3), np.uint8)
    assert raw_to_rgb(message, lambda _: black) is black
