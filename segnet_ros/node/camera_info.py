"""What `camera_info` says of a camera that nobody has calibrated."""

from __future__ import annotations

import math

from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

FIELD_OF_VIEW = math.radians(60.0)
"""Horizontal opening angle claimed in `camera_info`."""


def make_camera_info(height: int, width: int, header: Header) -> CameraInfo:
    """
    Describe an ideal pinhole camera without distortion.

    :param height: of the image, in pixels
    :param width: of the image, in pixels
    :param header: of the image, assigned as it is
    """
    focal = width / 2.0 / math.tan(FIELD_OF_VIEW / 2.0)
    center_x, center_y = (width - 1) / 2.0, (height - 1) / 2.0
    return CameraInfo(
        header=header,
        height=height,
        width=width,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[focal, 0.0, center_x, 0.0, focal, center_y, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[focal, 0.0, center_x, 0.0, 0.0, focal, center_y, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
