"""The picture of a confusion matrix, read back cell by cell."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

pytest.importorskip('matplotlib', reason='needs matplotlib')

from segnet_ros.training.measurement.confusion_picture import save_confusion_picture


def draw(path: Path, counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    save_confusion_picture(path, counts, [f'class {n}' for n in range(len(counts))])
    return np.asarray(cv2.imread(str(path)), np.uint8)


def find_cells(picture: NDArray[np.uint8], num_classes: int) -> NDArray[np.uint8]:
    """Cut a picture into its cells, (num_classes, num_classes, edge, edge, 3)."""
    is_frame = (picture < 40).all(axis=2)
    rows = np.flatnonzero(is_frame.mean(axis=1) > 0.5)
    columns = np.flatnonzero(is_frame.mean(axis=0) > 0.5)
    inside = picture[rows[0] : rows[-1], columns[0] : columns[-1]]
    edge = 40
    whole = cv2.resize(inside, (num_classes * edge, num_classes * edge))
    return whole.reshape(num_classes, edge, num_classes, edge, 3).swapaxes(1, 2)


@pytest.mark.parametrize('num_classes', [2, 11, 37])
def test_shades_are_shares_of_rows(tmp_path, num_classes):
    counts = np.diag(np.arange(1, num_classes + 1) * 1000)
    counts[1, 0] = 2000  # half of what is truly class 1
    cells = find_cells(draw(tmp_path / 'picture.png', counts), num_classes)
    red = cells[:, :, 6, 6, 2].astype(int)  # low where blue is deep; beside the number
    assert (np.diag(red)[[0, *range(2, num_classes)]] < 20).all()
    assert red[1, 0] == red[1, 1]
    assert 60 < red[1, 0] < 180
    red[1, 0] = 255
    assert (red[~np.eye(num_classes, dtype=bool)] > 230).all()


def test_numbers_stand_where_there_is_something(tmp_path):
    counts = np.diag([1000, 1000, 1000, 0])
    counts[0, 2] = 20
    counts[1, 2] = 4  # rounds to 0
    cells = find_cells(draw(tmp_path / 'picture.png', counts), 4)[:, :, 6:-6, 6:-6]
    is_written = np.ptp(cells.astype(int), axis=(2, 3, 4)) > 150
    expected = np.eye(4, dtype=bool)
    expected[0, 2], expected[3, 3] = True, False
    assert np.array_equal(is_written, expected)


def test_a_class_without_a_pixel_is_hatched(tmp_path):
    cells = find_cells(draw(tmp_path / 'picture.png', np.diag([1000, 0, 1000])), 3)
    shades = np.ptp(cells[1, :, 6:-6, 6:-6].astype(int), axis=(1, 2, 3))
    assert (shades > 20).all()
    assert np.ptp(cells[0, 1, 6:-6, 6:-6].astype(int), axis=(0, 1)).max() == 0
