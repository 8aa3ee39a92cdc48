"""What is sent to the page: a line of JSON for each thing that there is to tell."""

from __future__ import annotations

from base64 import b64encode
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.images.compression import encode_jpeg
from segnet_ros.images.compression import encode_png

JPEG_QUALITY = 92
"""Of what the page shows; what the network sees is the upload itself."""
PNG_LEVEL = 3
"""A label image gets no smaller with more effort that is worth it."""


def make_start(count: int, rate: float) -> bytes:
    """
    Begin.

    :param count: of the images to come; 0 if that is not known
    :param rate: images per second of a video; 0 for a picture
    """
    return _to_line({'kind': 'start', 'count': count, 'rate': rate})


def make_image(image: NDArray[np.uint8], label: NDArray[np.uint8]) -> bytes:
    """
    Send an image with its label image: a JPEG and a PNG, in base64.

    The image, too, because so page and network cannot disagree on how it is turned.

    :param image: RGB, uint8 (H, W, 3)
    :param label: class ids, uint8 (H, W)
    """
    return _to_line(
        {
            'kind': 'image',
            'picture': _to_text(encode_jpeg(image, JPEG_QUALITY)),
            'label': _to_text(encode_png(label, PNG_LEVEL)),
        }
    )


def make_end(note: str = '') -> bytes:
    """
    End.

    :param note: what there is to say, such as that a video was cut
    """
    return _to_line({'kind': 'end', 'note': note})


def make_error(text: str) -> bytes:
    """End early, with expected, found and remedy."""
    return _to_line({'kind': 'error', 'message': text})


def _to_text(file: NDArray[np.uint8]) -> str:
    return b64encode(file.tobytes()).decode('ascii')


def _to_line(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode('ascii') + b'\n'
