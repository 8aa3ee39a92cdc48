"""
What the table of encodings lacks is read with cv_bridge, and refused where that is not possible.

PyPI has no cv_bridge: a stand-in with the interface and the faults of the real one takes its
place, and where the real one is installed, all of this runs with it as well. CONTRIBUTING.md says
how to build it.
"""

from __future__ import annotations

from collections.abc import Callable
import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS 2 message packages')

from deep_pictures import draw
from deep_pictures import HEIGHT
from deep_pictures import LAYOUTS
from deep_pictures import LONG_NAME
from deep_pictures import make_message
from deep_pictures import MOSAICS
from deep_pictures import WIDTH
from segnet_ros.images.image_error import ImageError
from segnet_ros.node.images.conversions import image_to_rgb
from sensor_msgs.msg import Image

UNUSABLE = {
    '8UC2': ('uint8', 2),
    '16SC1': ('int16', 1),
    '16UC2': ('uint16', 2),
    '16UC513': ('uint16', 1),
    '32FC7': ('float32', 7),
}
"""Dtype and number of channels that cv_bridge gives."""


class CvBridgeError(TypeError):
    """What cv_bridge raises."""


class StandIn:
    """What this package uses of ``cv_bridge.CvBridge``."""

    def encoding_to_dtype_with_channels(self, encoding: str) -> tuple[str, int]:
        """Look an encoding up."""
        assert len(encoding) < 1000, 'ends the process'
        known = {name: (dtype, len(order)) for name, (dtype, order) in LAYOUTS.items()}
        known.update(dict.fromkeys(MOSAICS, ('uint16', 1)))
        try:
            return {**known, **UNUSABLE}[encoding]
        except KeyError:
            raise CvBridgeError(f'Unrecognized image encoding [{encoding}]') from None

    def imgmsg_to_cv2(self, message: Image, wanted: str) -> NDArray[Any]:
        """Read a message, sheared where its rows are padded."""
        assert wanted == 'passthrough', 'ends the process, if built for another NumPy'
        dtype, channels = self.encoding_to_dtype_with_channels(message.encoding)
        if message.is_bigendian == (sys.byteorder == 'little'):
            raise AttributeError('`newbyteorder` was removed from the ndarray class')
        pixels = np.frombuffer(message.data, dtype)[: message.height * message.width * channels]
        pixels = pixels.reshape(message.height, message.width, channels)
        return pixels[..., 0] if channels == 1 else pixels


@pytest.fixture(params=['stand-in', 'real'])
def cv_bridge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Provide cv_bridge, the real one only where it is installed."""
    if request.param == 'real':
        pytest.importorskip('cv_bridge', reason='cv_bridge is not installed')
        return
    module = ModuleType('cv_bridge')
    module.CvBridge = StandIn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'cv_bridge', module)


@pytest.fixture
def no_cv_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the import of cv_bridge fail."""
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)


@pytest.mark.usefixtures('cv_bridge')
@pytest.mark.parametrize('is_bigendian', [False, True])
@pytest.mark.parametrize('padding', [0, 1, 6])
@pytest.mark.parametrize('encoding', list(LAYOUTS))
def test_deep_image_reads_at_any_step_and_byte_order(
    encoding: str, padding: int, is_bigendian: bool
) -> None:
    samples, picture = draw(encoding)
    message = make_message(encoding, samples, padding, is_bigendian)
    data = bytes(message.data)
    image = image_to_rgb(message)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, picture)
    assert bytes(message.data) == data


@pytest.mark.usefixtures('cv_bridge')
def test_deep_mosaic_reads() -> None:
    samples = np.full((6, 8, 1), 30000, np.uint16)
    samples[::2, ::2], samples[1::2, 1::2] = 60000, 10000
    image = image_to_rgb(make_message('bayer_rggb16', samples, 2))
    np.testing.assert_array_equal(image, np.full((6, 8, 3), (234, 117, 39), np.uint8))


@pytest.mark.usefixtures('cv_bridge')
@pytest.mark.parametrize(
    ('encoding', 'change', 'reason', 'words'),
    [
        ('yuv9', None, 'bad_encoding', ["'yuv9'", 'yuv9]']),
        ('32FC7', None, 'bad_encoding', ['1, 3 or 4 channels', '7 of float32']),
        ('8UC2', None, 'bad_encoding', ['found 2 of uint8']),
        ('16UC2', None, 'bad_encoding', ['found 2 of uint16']),
        ('16UC513', None, 'bad_encoding', ['found 513 of uint16']),
        pytest.param(LONG_NAME, None, 'bad_encoding', ['up to 40', 'found 100003'], id='long'),
        ('16SC1', None, 'bad_encoding', ['found 1 of int16']),
        ('32FC1', lambda samples: samples * 12.5, 'bad_encoding', ['from 0 to 1', 'found 0.']),
        (
            '32FC1',
            lambda samples: samples - 0.5,
            'bad_encoding',
            ['from 0 to 1', 'found -0.', 'to 0.'],
        ),
        ('32FC1', lambda samples: samples * np.nan, 'bad_encoding', ['from 0 to 1', 'nan']),
        ('rgb16', lambda samples: samples[:, :-1], 'bad_step', ['42 bytes', 'found 36']),
        ('rgb16', lambda samples: samples[:-1], 'short_data', ['210 bytes', 'found 168']),
    ],
)
def test_what_cv_bridge_cannot_read_is_refused(
    encoding: str,
    change: Callable[[NDArray[Any]], NDArray[Any]] | None,
    reason: str,
    words: list[str],
) -> None:
    samples, _ = draw(encoding if encoding in LAYOUTS else 'rgb16')
    message = make_message(encoding, change(samples) if change else samples)
    message.height, message.width = HEIGHT, WIDTH
    with pytest.raises(ImageError) as refusal:
        image_to_rgb(message)
    assert refusal.value.reason == reason
    assert 'install' not in str(refusal.value)
    for word in [*words, 'expected', 'found', ';']:
        assert word in str(refusal.value)


@pytest.mark.usefixtures('cv_bridge')
@pytest.mark.parametrize('encoding', MOSAICS)
def test_deep_mosaic_too_small_for_colors_is_refused(encoding: str) -> None:
    with pytest.raises(ImageError, match=rf'{encoding} of at least 3x3 .* found 4x2') as refusal:
        image_to_rgb(make_message(encoding, np.full((2, 4, 1), 60000, np.uint16)))
    assert refusal.value.reason == 'bad_size'


@pytest.mark.parametrize('encoding', ['rgb16', 'bgr16', 'rgba16', 'bgra16', *MOSAICS])
def test_cv_bridge_agrees_on_deep_colors(encoding: str, real_bridge: Any) -> None:
    channels = real_bridge.encoding_to_dtype_with_channels(encoding)[1]
    rng = np.random.default_rng(9)
    samples = rng.integers(0, 65536, (HEIGHT, WIDTH, channels), dtype=np.uint16)
    message = make_message(encoding, samples)
    expected = real_bridge.imgmsg_to_cv2(message, 'rgb16') >> 8
    # It interpolates 16 bits where we interpolate the 8 that remain.
    np.testing.assert_allclose(image_to_rgb(message), expected, atol=int(encoding in MOSAICS))


@pytest.mark.usefixtures('no_cv_bridge')
@pytest.mark.parametrize('encoding', [*LAYOUTS, 'bayer_rggb16', 'yuv9'])
def test_without_cv_bridge_the_remedy_names_it(encoding: str) -> None:
    message = make_message(encoding, np.zeros((4, 4, 4), np.uint16))
    with pytest.raises(
        ImageError, match=rf"found '{encoding}'; .* or install cv_bridge"
    ) as refusal:
        image_to_rgb(message)
    assert refusal.value.reason == 'bad_encoding'


def test_any_failure_of_cv_bridge_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(StandIn):
        def imgmsg_to_cv2(self, message: Image, wanted: str) -> NDArray[Any]:
            raise SystemError('numpy\nmismatch')

    module = ModuleType('cv_bridge')
    module.CvBridge = Broken  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'cv_bridge', module)
    with pytest.raises(ImageError, match=r"'numpy\\nmismatch'") as refusal:
        image_to_rgb(make_message('rgb16', draw('rgb16')[0]))
    assert refusal.value.reason == 'bad_encoding'


IMPORT_AND_READ = """
import sys

class Wire:
    def find_spec(self, name, path=None, target=None):
        assert name.split('.')[0] != 'cv_bridge', 'imported'

sys.meta_path.insert(0, Wire())
from segnet_ros.node.images.conversions import image_to_rgb
from sensor_msgs.msg import Image
image = Image(height=1, width=2, step=6, encoding='bgr8', data=[1, 2, 3, 4, 5, 6])
assert image_to_rgb(image).tolist() == [[[3, 2, 1], [6, 5, 4]]]
"""


def test_cv_bridge_is_not_imported_before_it_is_needed() -> None:
    subprocess.run([sys.executable, '-c', IMPORT_AND_READ], check=True, timeout=60)
