"""Label sets: what is read, and what is refused."""

import json

import cv2
import numpy as np
import pytest
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import LabelSetError
from segnet_ros.core.labels import load_label_set


def test_camvid_has_its_eleven_classes():
    label_set = load_label_set('camvid')
    assert label_set.num_classes == 11
    assert label_set.names[3] == 'road'
    assert label_set.colors[3] == (128, 64, 128)
    assert label_set.unlabeled_values == (11, 255)


def test_palette_is_black_where_there_is_no_class():
    palette = load_label_set('camvid').palette
    assert palette.shape == (256, 3)
    assert palette[4].tolist() == [60, 40, 222]
    assert not palette[11:].any()


def test_sunrgbd_has_its_classes_in_order():
    label_set = load_label_set('sunrgbd')
    assert label_set.num_classes == 37
    assert (label_set.names[0], label_set.names[19], label_set.names[36]) == (
        'wall',
        'floor mat',
        'bag',
    )
    assert label_set.values == tuple(range(1, 38))
    assert label_set.unlabeled_values == (0, 255)


def test_colors_of_sunrgbd_are_told_apart_by_eye():
    label_set = load_label_set('sunrgbd')
    rgb = np.array([*label_set.colors, (0, 0, 0)], np.float32)[None] / 255
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0]
    distances = np.linalg.norm(lab[:, None] - lab, axis=2)
    assert distances[np.triu_indices(len(lab), 1)].min() > 25  # 2 can be seen side by side


OWN = LabelSet('own', ('a', 'b'), ((0, 0, 0), (1, 2, 3)), (), ((9, 9, 9),), (7, 0))


@pytest.mark.parametrize(
    'label_set', [load_label_set('camvid'), load_label_set('sunrgbd'), OWN], ids=lambda it: it.name
)
def test_plain_values_round_trip(label_set):
    assert LabelSet.from_dict(json.loads(json.dumps(label_set.to_dict())), 'x') == label_set


def test_plain_values_leave_out_what_is_default():
    label_set = LabelSet('own', ('a', 'b'), ((1, 2, 3), (4, 5, 6)))
    assert label_set.to_dict() == {
        'name': 'own',
        'unlabeled_values': [255],
        'classes': [{'name': 'a', 'color': [1, 2, 3]}, {'name': 'b', 'color': [4, 5, 6]}],
    }
    values = OWN.to_dict()
    assert values['unlabeled_colors'] == [[9, 9, 9]]
    assert [entry['value'] for entry in values['classes']] == [7, 0]


def test_the_label_set_of_an_older_checkpoint_is_that_of_the_package():
    label_set = load_checkpoint('').label_set
    assert label_set == load_label_set('camvid')
    assert label_set.to_dict() == load_label_set('camvid').to_dict()


@pytest.mark.parametrize(
    'change',
    [
        {'names': ('a', 'a')},
        {'colors': ((0, 0, 0), (0, 0, 0))},
        {'colors': ((0, 0, 0), (0, 0, 256))},
        {'colors': ((0, 0, 0),)},
        {'unlabeled_values': (1,)},
        {'unlabeled_values': (256,)},
        {'unlabeled_colors': ((1, 1, 1),)},
        {'unlabeled_colors': ((0, -1, 0),)},
        {'values': (1,)},
        {'values': (1, 2, 3)},
        {'values': (1, 1)},
        {'values': (0, 256)},
        {'values': (0, 255)},
    ],
)
def test_contradictions_are_refused(change):
    values = {'names': ('a', 'b'), 'colors': ((0, 0, 0), (1, 1, 1)), 'unlabeled_values': (255,)}
    with pytest.raises(LabelSetError, match="label set 'x': expected"):
        LabelSet(name='x', **{**values, **change})


def test_own_files_are_read(tmp_path):
    path = tmp_path / 'own.yaml'
    path.write_text('name: own\nclasses: [{name: floor, color: [1, 2, 3]}]\n')
    assert load_label_set(path) == LabelSet('own', ('floor',), ((1, 2, 3),), (255,))


@pytest.mark.parametrize(
    'text',
    [
        '[]',
        'name: x',
        'name: x\nclasses: [{name: a}]',
        'a: [',
        '7',
        'name: no\nclasses: []',
        'name: x\nclasses: [{name: a, color: [1, 2, 3, 4]}]',
        'name: x\nclasses: [{name: a, color: [1.7, 2, 3]}]',
        'name: x\nclasses: [{name: a, color: [red, 2, 3]}]',
        'name: x\nclasses: [{name: off, color: [1, 2, 3]}]',
        'name: x\nclasses: [{name: a, color: [1, 2, 3], value: one}]',
        'name: x\nunlabeled_colors: [0, 0, 0]\nclasses: [{name: a, color: [1, 2, 3]}]',
        'name: x\nunlabeled_colors: 7\nclasses: [{name: a, color: [1, 2, 3]}]',
    ],
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / 'own.yaml'
    path.write_text(text)
    with pytest.raises(LabelSetError, match=r'own\.yaml'):
        load_label_set(path)


def test_an_unknown_name_lists_the_known():
    with pytest.raises(FileNotFoundError, match=r"no label set 'kitti'.*'camvid'"):
        load_label_set('kitti')
