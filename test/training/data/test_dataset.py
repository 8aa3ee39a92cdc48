"""Folders of images and labels: how both may be stored, and what is refused."""

from pathlib import Path
import pickle
import struct
import zlib

import cv2
import numpy as np
import pytest
from segnet_ros.core.image_files import DataError
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.data.dataset import RenderedScenes
from segnet_ros.training.data.image_files import list_files

CAMVID = load_label_set('camvid')
IDS = np.array([[3, 4, 11], [10, 0, 255]], np.uint8).repeat(16, 0).repeat(14, 1)[:, :40]
"""As a label file of CamVid has them, for an image of 32 x 40."""


def write_indexed(path: Path, indices: np.ndarray, table: np.ndarray) -> None:
    """Write a PNG with a color table, which OpenCV cannot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        )

    height, width = indices.shape
    rows = b''.join(b'\0' + row.tobytes() for row in indices)
    path.write_bytes(
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 3, 0, 0, 0))
        + chunk(b'PLTE', table.astype(np.uint8).tobytes())
        + chunk(b'IDAT', zlib.compress(rows))
        + chunk(b'IEND', b'')
    )


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
    folder = open_labeled_images(data, ['train'], CAMVID)
    assert len(folder) == 8
    image, label = folder[3]
    expected = render_scene(3, size=(48, 64))
    assert np.array_equal(image, expected.image)
    assert np.array_equal(label[2:], expected.label[2:])
    assert (label[:2] == 255).all()


def test_images_and_labels_folders_are_read(tmp_path, pair):
    image, label = open_labeled_images(tmp_path, ['a'], CAMVID)[0]
    assert image[0, 0, 0] > 150 > image[0, 0, 2]  # red first: RGB
    assert (label == 3).all()


@pytest.mark.parametrize('kind', ['values', 'color', 'color with alpha', 'color table'])
def test_labels_are_read_however_they_are_stored(tmp_path, pair, kind):
    path, colors = pair[1], CAMVID.palette[IDS]
    if kind == 'values':
        cv2.imwrite(str(path), IDS)
    elif kind == 'color':
        cv2.imwrite(str(path), colors[..., ::-1])
    elif kind == 'color with alpha':
        cv2.imwrite(str(path), cv2.cvtColor(colors, cv2.COLOR_RGB2BGRA))
    else:
        # The colors count, not the indices, which mean something else here.
        write_indexed(path, 255 - IDS, CAMVID.palette[::-1])
    label = open_labeled_images(tmp_path, ['a'], CAMVID)[0].label
    assert label.dtype == np.uint8
    assert np.array_equal(label, np.where(IDS == 11, 255, IDS))


def test_a_folder_reaches_loading_processes_as_it_is(data):
    folder = open_labeled_images(data, ['train'], CAMVID)
    copy = pickle.loads(pickle.dumps(folder))
    assert copy.pairs == folder.pairs
    assert all(np.array_equal(a, b) for a, b in zip(copy[2], folder[2], strict=True))


def test_parts_are_taken_together(data):
    images = open_labeled_images(data, ['train', 'val'], CAMVID)
    assert [image.stem for image, _ in images.pairs] == [str(seed) for seed in range(10)]


def test_images_can_be_held_out_by_the_start_of_their_names(data):
    images = open_labeled_images(data, ['train'], CAMVID)
    kept, held_out = images.hold_out('3')
    assert [image.name for image, _ in held_out.pairs] == ['3.png']
    assert [image.stem for image, _ in kept.pairs] == list('0124567')
    assert np.array_equal(held_out[0].image, images[3].image)


@pytest.mark.parametrize(
    ('start', 'message'),
    [
        ('0001TP', r"names start with '0001TP', found none among 8, from 0\.png to 7\.png"),
        ('', r"that the names of all start with ''; hold out fewer"),
    ],
)
def test_holding_out_none_or_all_is_refused(data, start, message):
    with pytest.raises(DataError, match=message):
        open_labeled_images(data, ['train'], CAMVID).hold_out(start)


def test_files_are_paired_by_stem(tmp_path, pair):
    for name in ('images/a/b.PNG', 'images/a/notes.txt', 'labels/a/c.png', 'labels/a/d.jpg'):
        (tmp_path / name).touch()
    files = list_files(tmp_path, 'a')
    assert files.pairs == [pair]
    assert [path.name for path in files.without_label] == ['b.PNG']
    assert [path.name for path in files.without_image] == ['c.png']


def test_a_missing_split_names_both_layouts(tmp_path):
    with pytest.raises(DataError, match=r"'train' and 'trainannot', or 'images/train' and"):
        open_labeled_images(tmp_path, ['train'], CAMVID)


def test_an_image_without_label_is_named(tmp_path, pair):
    pair[1].unlink()
    with pytest.raises(DataError, match=r'no label for x\.jpg'):
        open_labeled_images(tmp_path, ['a'], CAMVID)


def test_an_empty_folder_is_refused(tmp_path, pair):
    pair[0].unlink()
    with pytest.raises(DataError, match='no JPEG or PNG file'):
        open_labeled_images(tmp_path, ['a'], CAMVID)


@pytest.mark.parametrize(
    ('label', 'message'),
    [
        (np.full((32, 40), 12, np.uint8), r'x\.png: expected class ids .*found \[12\]'),
        (
            np.full((32, 41), 3, np.uint8),
            r'expected the size of x\.jpg, \(32, 40\), got \(32, 41\)',
        ),
        (
            np.full((32, 40, 3), (3, 2, 1), np.uint8),
            r'x\.png: expected the colors of label set .*found \[\[1, 2, 3\]\]',
        ),
        (
            np.zeros((33, 40, 3), np.uint8),
            r'expected the size of x\.jpg, \(32, 40\), got \(33, 40\)',
        ),
        (np.zeros((32, 40, 4), np.uint8), 'x.png: expected an opaque label image'),
        (np.zeros((32, 40), np.uint16), 'x.png: expected values or colors of 8 bits, got uint16'),
    ],
)
def test_labels_that_do_not_fit_are_named(tmp_path, pair, label, message):
    cv2.imwrite(str(pair[1]), label)
    with pytest.raises(ValueError, match=message):
        open_labeled_images(tmp_path, ['a'], CAMVID)[0]


@pytest.mark.parametrize('content', [b'', b'not an image', 'cut off'])
@pytest.mark.parametrize('which', [0, 1])
def test_broken_files_are_named(tmp_path, pair, which, content):
    if content == 'cut off':
        whole = pair[which].read_bytes()
        content = whole[: len(whole) * 3 // 4]
    pair[which].write_bytes(content)
    with pytest.raises(DataError, match=f'{pair[which].name}: expected a JPEG or PNG'):
        open_labeled_images(tmp_path, ['a'], CAMVID)[0]


def test_scenes_are_endless_and_seeded():
    scenes = RenderedScenes(4, (32, 40), seed=5)
    assert len(scenes) == 4
    assert np.array_equal(scenes[100].image, render_scene(105, size=(32, 40)).image)
