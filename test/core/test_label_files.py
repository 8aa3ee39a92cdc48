"""Label files to class ids: values and colors, and what is refused."""

import itertools
import re

import numpy as np
import pytest
from segnet_ros.core.label_files import LabelDecoder
from segnet_ros.core.label_files import UnknownLabelError
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set

CAMVID = load_label_set('camvid')
SUNRGBD = load_label_set('sunrgbd')
MASKS = LabelSet('masks', ('floor', 'object'), ((0, 0, 0), (255, 0, 0)), (), values=(0, 255))
"""As many tools write them: 0 and 255, and black for a class."""


def decode(label_set: LabelSet, label: object) -> list:
    return LabelDecoder(label_set).decode(np.asarray(label, np.uint8), 'a.png').tolist()


def test_unlabeled_values_become_255():
    assert decode(CAMVID, [[0, 10], [11, 255]]) == [[0, 10], [255, 255]]


def test_values_become_class_ids():
    assert decode(SUNRGBD, [[0, 1, 37, 255]]) == [[255, 0, 36, 255]]
    assert decode(MASKS, [[255, 0]]) == [[1, 0]]


@pytest.mark.parametrize('label_set', [CAMVID, SUNRGBD], ids=lambda it: it.name)
def test_colors_become_class_ids(label_set):
    ids = np.random.default_rng(0).integers(0, label_set.num_classes + 1, (30, 40))
    colors = label_set.palette[ids]  # black, which is unlabeled, above the last class
    ids[ids == label_set.num_classes] = 255
    assert decode(label_set, colors) == ids.tolist()


def test_black_is_the_color_of_a_class_that_has_it():
    assert decode(MASKS, [[[0, 0, 0], [255, 0, 0]]]) == [[0, 1]]


def test_all_unlabeled_colors_are_unlabeled():
    label_set = LabelSet('x', ('a',), ((1, 2, 3),), unlabeled_colors=((9, 9, 9), (255, 255, 255)))
    assert decode(label_set, [[[9, 9, 9], [255, 255, 255], [1, 2, 3]]]) == [[255, 255, 0]]
    with pytest.raises(UnknownLabelError, match=r'found \[\[0, 0, 0\]\]'):
        decode(label_set, [[[0, 0, 0]]])


@pytest.mark.parametrize(
    ('label_set', 'label', 'message'),
    [
        (CAMVID, [[3, 12]], 'class ids 0 to 10 .* unlabeled_values [11, 255], found [12];'),
        (SUNRGBD, [[38, 1]], 'values 1 to 37 of label set .* [0, 255], found [38];'),
        (MASKS, [[1, 0]], 'values [0, 255] of label set .* [], found [1];'),
        (CAMVID, [range(256)], 'found [12, 13, 14, 15, 16] and 238 more;'),
        (LabelSet('x', ('a',), ((1, 2, 3),), (11,)), [[255]], 'found [255];'),
        (
            CAMVID,
            [[[128, 64, 128], [255, 255, 255], [128, 64, 129], [0, 0, 1]]],
            'the colors of label set .* [[0, 0, 0]],'
            ' found [[0, 0, 1], [128, 64, 129], [255, 255, 255]];',
        ),
    ],
)
def test_what_is_unknown_is_refused_by_file_name(label_set, label, message):
    pattern = r'^a\.png: expected .*' + '.*'.join(map(re.escape, message.split('.*')))
    with pytest.raises(UnknownLabelError, match=pattern):
        decode(label_set, label)


def test_no_color_is_taken_for_another():
    expected = {color: class_id for class_id, color in enumerate(CAMVID.colors)}
    expected[0, 0, 0] = 255
    for color in itertools.product((0, 63, 64, 65, 128, 255), repeat=3):
        if color in expected:
            assert decode(CAMVID, [[color]]) == [[expected[color]]]
        else:
            with pytest.raises(UnknownLabelError):
                decode(CAMVID, [[color]])
