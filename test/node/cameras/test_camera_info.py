"""The calibration of scaled images projects points to where they are in the scaled image."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS 2 message packages')

from segnet_ros.node.cameras.camera_info import scale_camera_info
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

HEADER = Header(frame_id='front_optical')
POINT = np.array([0.3, -0.2, 2.0, 1.0])
"""In the frame of the camera, in meters, homogeneous."""


@pytest.fixture
def info() -> CameraInfo:
    """Calibrate the right camera of a stereo pair, 640x480; no two numbers are equal."""
    return CameraInfo(
        header=Header(frame_id='of the calibration'),
        height=480,
        width=640,
        distortion_model='plumb_bob',
        d=[-0.3, 0.1, 0.001, -0.002, 0.05],
        k=[501.0, 0.0, 322.0, 0.0, 503.0, 244.0, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.01, 0.0, 1.0, 0.0, -0.01, 0.0, 1.0],
        p=[505.0, 0.0, 326.0, -60.0, 0.0, 507.0, 248.0, 7.0, 0.0, 0.0, 1.0, 0.0],
        binning_x=1,
        binning_y=1,
        roi=RegionOfInterest(x_offset=64, y_offset=49, height=240, width=320, do_rectify=True),
    )


def project(matrix: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project a point to (x, y) in pixels."""
    u, v, w = matrix @ point
    return np.array([u / w, v / w])


def test_points_are_projected_into_the_scaled_image(info: CameraInfo) -> None:
    scaled = scale_camera_info(info, HEADER, (480, 640), (120, 320))
    assert (scaled.height, scaled.width) == (120, 320)
    for matrix, columns in (('k', 3), ('p', 4)):
        before = project(getattr(info, matrix).reshape(3, columns), POINT[:columns])
        after = project(getattr(scaled, matrix).reshape(3, columns), POINT[:columns])
        np.testing.assert_allclose(after, before * (0.5, 0.25), rtol=1e-12)


def test_entries_are_scaled_as_image_proc_does(info: CameraInfo) -> None:
    scaled = scale_camera_info(info, HEADER, (480, 640), (120, 320))
    assert scaled.k.tolist() == [250.5, 0, 161, 0, 125.75, 61, 0, 0, 1]
    assert scaled.p.tolist() == [252.5, 0, 163, -30, 0, 126.75, 62, 1.75, 0, 0, 1, 0]
    roi = scaled.roi
    assert (roi.x_offset, roi.y_offset, roi.width, roi.height) == (32, 12, 160, 60)


def test_what_does_not_depend_on_the_size_stays(info: CameraInfo) -> None:
    scaled = scale_camera_info(info, HEADER, (480, 640), (120, 320))
    assert scaled.header is HEADER
    for name in ('distortion_model', 'd', 'binning_x', 'binning_y'):
        assert getattr(scaled, name) == getattr(info, name), name
    assert scaled.r.tolist() == info.r.tolist()
    assert scaled.roi.do_rectify


def test_the_input_is_not_changed(info: CameraInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A namespace keeps what it is given, as the setters of Humble do; later ones copy."""
    monkeypatch.setattr('segnet_ros.node.cameras.camera_info.CameraInfo', SimpleNamespace)
    before = copy.deepcopy(info)
    scaled = scale_camera_info(info, HEADER, (480, 640), (120, 320))
    scaled.k[0] = scaled.r[0] = scaled.p[0] = scaled.d[0] = -1.0
    assert repr(info) == repr(before)


@pytest.mark.parametrize('size', [(480, 640), (37, 53)])
def test_every_number_stays_where_the_sizes_are_equal(
    info: CameraInfo, size: tuple[int, int]
) -> None:
    scaled = scale_camera_info(info, HEADER, size, size)
    info.header = HEADER
    assert repr(scaled) == repr(info)


def test_a_binned_image_stays_binned(info: CameraInfo) -> None:
    """The calibration is that of the full resolution, the image has half of it."""
    info.binning_x = info.binning_y = 2
    info.roi = RegionOfInterest()
    scaled = scale_camera_info(info, HEADER, (240, 320), (120, 160))
    assert (scaled.height // scaled.binning_y, scaled.width // scaled.binning_x) == (120, 160)
    assert scaled.k[0] == info.k[0] / 2


def test_an_uncalibrated_camera_stays_uncalibrated() -> None:
    scaled = scale_camera_info(CameraInfo(height=480, width=640), HEADER, (480, 640), (90, 120))
    assert not scaled.k.any()
    assert not scaled.p.any()
    assert (scaled.height, scaled.width) == (90, 120)
    assert scaled.roi == RegionOfInterest()
