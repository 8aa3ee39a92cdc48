"""Folders of images and labels: both layouts, and what is refused."""

import cv2
import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.dataset import DataError
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.dataset import RenderedScenes

CAMVID = load_label_set('camvid')


@pytest.fixture
def pair(tmp_path):
    """Path of one image and its label image, in the second layout."""
    for folder in ('images/a', 'labels/a'):
        (tmp_path / folder).mkdir(parents=True)
    image, label = tmp_path / 'images/a/x.jpg', tmp_path / 'labels/a/x.png'
    cv2.imwrite(str(image), np.full((32, 40, 3), (10, 20, 200), np.uint8))
    cv2.imwrite(str(label), np.full((32, 40), 3, np.uint8))
    return image, label


def test_pairs_are_read_as_rgb_and_class_ids(data):
    folder = LabeledFolder(data, 'train', CAMVID)
    assert len(folder) == 8
    image, label = folder[3]
    expected = render_scene(3, size=(48, 64))
    assert np.array_equal(image, expected.image)
    assert np.array_equal(label[2:], expected.label[2:])
    assert (label[:2] == 255).all()


def test_images_and_labels_folders_are_read(tmp_path, pair):
    image, label = LabeledFolder(tmp_path, 'a', CAMVID)[0]
    assert image[0, 0, 0] > 150 > image[0, 0, 2]  # red first: RGB
    assert (label == 3).all()


def test_a_missing_split_names_both_layouts(tmp_path):
    with pytest.raises(DataError, match=r"'train' and 'trainannot', or 'images/train' and"):
        LabeledFolder(tmp_path, 'train', CAMVID)


def test_an_image_without_label_is_named(tmp_path, pair):
    pair[1].unlink()
    with pytest.raises(DataError, match=r'no label for x\.jpg'):
        LabeledFolder(tmp_path, 'a', CAMVID)


def test_an_empty_folder_is_refused(tmp_path, pair):
    pair[0].unlink()
    with pytest.raises(DataError, match='no JPEG or PNG file'):
        LabeledFolder(tmp_path, 'a', CAMVID)


@pytest.mark.parametrize(
    ('label', 'message'),
    [
        (np.full((32, 40), 12, np.uint8), r'x\.png: expected class ids .*found \[12\]'),
        (
            np.full((32, 41), 3, np.uint8),
            r'expected the size of x\.jpg, \(32, 40\), got \(32, 41\)',
        ),
        (np.zeros((32, 40, 3), np.uint8), 'expected one channel of class ids'),
        (np.zeros((32, 40), np.uint16), 'expected one channel of class ids, 8 bits'),
    ],
)
def test_labels_that_do_not_fit_are_named(tmp_path, pair, label, message):
    cv2.imwrite(str(pair[1]), label)
    with pytest.raises(ValueError, match=message):
        LabeledFolder(tmp_path, 'a', CAMVID)[0]


@pytest.mark.parametrize('content', [b'', b'not an image'])
@pytest.mark.parametrize('which', [0, 1])
def test_broken_files_are_named(tmp_path, pair, which, content):
    pair[which].write_bytes(content)
    with pytest.raises(DataError, match=f'{pair[which].name}: expected a JPEG or PNG'):
        LabeledFolder(tmp_path, 'a', CAMVID)[0]


def test_scenes_are_endless_and_seeded():
    scenes = RenderedScenes(4, (32, 40), seed=5)
    assert len(scenes) == 4
    assert np.array_equal(scenes[100].image, render_scene(105, size=(32, 40)).image)
