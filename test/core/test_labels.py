"""Label sets: what is read, and what is refused."""

import numpy as np
import pytest
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


def test_unlabeled_values_become_255():
    label = np.array([[0, 10], [11, 255]], np.uint8)
    assert load_label_set('camvid').map_unlabeled(label, 'x').tolist() == [[0, 10], [255, 255]]


def test_unknown_ids_are_refused_by_file_name():
    with pytest.raises(LabelSetError, match=r'a\.png: expected class ids 0 to 10.*found \[12\]'):
        load_label_set('camvid').map_unlabeled(np.full((2, 2), 12, np.uint8), 'a.png')


def test_plain_values_round_trip():
    label_set = load_label_set('camvid')
    assert LabelSet.from_dict(label_set.to_dict(), 'x') == label_set


@pytest.mark.parametrize(
    'change',
    [
        {'names': ('a', 'a')},
        {'colors': ((0, 0, 0), (0, 0, 0))},
        {'colors': ((0, 0, 0), (0, 0, 256))},
        {'colors': ((0, 0, 0),)},
        {'unlabeled_values': (1,)},
        {'unlabeled_values': (256,)},
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


def test_255_is_refused_where_it_is_not_listed():
    label_set = LabelSet('own', ('a',), ((1, 2, 3),), (11,))
    with pytest.raises(LabelSetError, match=r'found \[255\]'):
        label_set.map_unlabeled(np.array([[0, 255]], np.uint8), 'a.png')
