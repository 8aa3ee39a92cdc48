"""Contact sheets: what is drawn where."""

import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.check.contact_sheet import draw_contact_sheet
from segnet_ros.training.check.contact_sheet import make_tile
from segnet_ros.training.data.dataset import Sample

CAMVID = load_label_set('camvid')


def make_sample(height: int, width: int) -> Sample:
    label = np.full((height, width), 3, np.uint8)
    label[:, : width // 2] = 4
    label[: height // 2] = 255
    return Sample(np.full((height, width, 3), 100, np.uint8), label)


@pytest.mark.parametrize(
    ('size', 'expected'),
    [((48, 64), (240, 320)), ((960, 1280), (240, 320)), ((300, 100), (240, 80))],
)
def test_a_tile_has_image_and_colors_blended_at_its_size(size, expected):
    overlay = make_tile('x', make_sample(*size), CAMVID).overlay
    assert overlay.shape == (*expected, 3)
    assert (overlay[:119] == 50).all()  # unlabeled: black
    middle = expected[1] // 2
    assert (overlay[121:, : middle - 1] == [80, 70, 161]).all()  # pavement: 60, 40, 222
    assert (overlay[121:, middle + 1 :] == [114, 82, 114]).all()  # road: 128, 64, 128


def test_a_sheet_has_tiles_in_rows_and_every_class_in_its_legend():
    tiles = [make_tile(f'{number}.png', make_sample(24, 32), CAMVID) for number in range(6)]
    sheet = draw_contact_sheet(tiles, CAMVID)
    assert sheet.shape == (2 * 264 + 2 * 24, 4 * 320, 3)
    assert np.array_equal(sheet[264:504, 320:640], tiles[5].overlay)
    assert (sheet[264:504, 640:] == 255).all()
    for row in (240, 504):
        assert sheet[row : row + 24, :320].min() < 100  # a name
    swatches = sheet[528:].reshape(2, 24, 8, 160, 3)[:, 12, :, 12].reshape(16, 3)
    assert swatches[:11].tolist() == [list(color) for color in CAMVID.colors]
    assert swatches[11].tolist() == [0, 0, 0]
    assert (swatches[12:] == 255).all()


def test_names_that_are_long_stay_below_their_tile():
    tiles = [make_tile('x' * 200, make_sample(24, 32), CAMVID)]
    assert (draw_contact_sheet(tiles, CAMVID)[240:264, 320:] == 255).all()
