"""
The calibration of a camera, for images of another size than the camera's.

Source: sensor_msgs/msg/CameraInfo; the resize node of image_proc scales the same fields.
"""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

Size = tuple[int, int]
"""Height and width in pixels."""


def scale_camera_info(
    info: CameraInfo, header: Header, image_size: Size, output_size: Size
) -> CameraInfo:
    """
    Scale the calibration of a camera to an output made from the whole of its image.

    All numbers stay where the sizes are equal. Distortion and rectification do not depend on the
    size and stay always, as does the binning, which is part of how the image came about. Whole
    numbers are rounded down.

    :param info: what the camera says of its images; is not changed
    :param header: of the image, assigned as it is, not copied
    :param image_size: of the camera's image, at least 1x1; not that in ``info`` where the camera
        bins pixels or sends a region of interest
    :param output_size: of the output
    :return: a new message, which shares nothing with ``info``
    """
    (image_height, image_width), (height, width) = image_size, output_size
    # Matrices map to (u, v, 1): their first row is in pixels of the width, the second in those of
    # the height.
    rows = np.array([width / image_width, height / image_height, 1.0])
    roi = RegionOfInterest(
        x_offset=info.roi.x_offset * width // image_width,
        y_offset=info.roi.y_offset * height // image_height,
        height=info.roi.height * height // image_height,
        width=info.roi.width * width // image_width,
        do_rectify=info.roi.do_rectify,
    )
    return CameraInfo(
        header=header,
        height=info.height * height // image_height,
        width=info.width * width // image_width,
        distortion_model=info.distortion_model,
        d=info.d[:],
        k=info.k * np.repeat(rows, 3),
        r=info.r.copy(),
        p=info.p * np.repeat(rows, 4),
        binning_x=info.binning_x,
        binning_y=info.binning_y,
        roi=roi,
    )
