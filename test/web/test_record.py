"""What the page is sent of an image."""

from __future__ import annotations

from base64 import b64decode
import json

import cv2
import numpy as np
from picture_files import draw_noise
import pytest

pytest.importorskip('starlette', reason='needs the extra web')

from segnet_ros.web.record import make_image


def test_label_images_have_no_loss() -> None:
    image = draw_noise(3)
    label = image[..., 0]
    file = b64decode(json.loads(make_image(image, label))['label'])
    decoded = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(decoded, label)
