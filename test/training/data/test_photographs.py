"""Photographs by class: what is held out, and what a sample depends on."""

import cv2
import numpy as np
import pytest
from segnet_ros.core.image_files import DataError
from segnet_ros.training.data.photographs import crop_to_size
from segnet_ros.training.data.photographs import HeldOutPhotographs
from segnet_ros.training.data.photographs import PhotographFolder
from segnet_ros.training.data.photographs import TrainingPhotographs
from segnet_ros.training.data.training_set import Draw
import torch


@pytest.fixture
def root(tmp_path):
    """Ten red and four blue photographs of several sizes, as files of two kinds."""
    for name, count, color in (('red', 10, (0, 0, 200)), ('blue', 4, (200, 0, 0))):
        (tmp_path / name).mkdir()
        for index in range(count):
            pixels = np.full((40 + index, 90 - index, 3), color, np.uint8)
            suffix = '.png' if index % 2 else '.JPG'
            assert cv2.imwrite(str(tmp_path / name / f'{index}{suffix}'), pixels)
        (tmp_path / name / 'notes.txt').touch()
    return tmp_path


def test_each_class_is_split_alike(root):
    folder = PhotographFolder(root)
    kept, held_out = folder.split(0.2, seed=1)
    assert folder.classes == ('blue', 'red')
    assert [photograph.label for photograph in held_out] == [0, 1, 1]
    assert [photograph.label for photograph in kept] == [0] * 3 + [1] * 8
    assert len({photograph.path for photograph in kept + held_out}) == 14
    assert folder.split(0.2, seed=1) == (kept, held_out)
    assert folder.split(0.2, seed=2) != (kept, held_out)


@pytest.mark.parametrize('share', [0.001, 0.999])
def test_no_part_is_without_a_class(root, share):
    for part in PhotographFolder(root).split(share, seed=0):
        assert {photograph.label for photograph in part} == {0, 1}


def test_a_sample_depends_on_seed_epoch_and_index_alone(root):
    kept, _ = PhotographFolder(root).split(0.2, seed=0)
    samples = TrainingPhotographs(kept, (32, 48), seed=5)
    image, label = samples[Draw(1, 4)]
    assert (image.dtype, image.shape) == (torch.uint8, (3, 32, 48))
    assert label.item() == kept[4].label
    torch.manual_seed(9)
    assert torch.equal(samples[Draw(1, 4)][0], image)
    assert not torch.equal(samples[Draw(2, 4)][0], image)
    assert not torch.equal(TrainingPhotographs(kept, (32, 48), seed=6)[Draw(1, 4)][0], image)


def test_held_out_photographs_are_read_as_rgb_at_one_size(root):
    _, held_out = PhotographFolder(root).split(0.2, seed=0)
    for image, label in (HeldOutPhotographs(held_out, (32, 48))[index] for index in range(3)):
        assert image.shape == (3, 32, 48)
        assert image.float().mean(dim=(1, 2)).argmax() == (2, 0)[label]


def test_the_middle_is_cut_out():
    image = torch.zeros(3, 64, 128, dtype=torch.uint8)
    image[:, :, 32:96] = 100
    assert (crop_to_size(image, (32, 32)) > 90).float().mean() > 0.9
    assert torch.equal(crop_to_size(image, (64, 128)), image)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda root: root / 'nowhere', 'expected at least two folders'),
        (lambda root: root / 'red', 'expected at least two folders, one for each class, found 0'),
        (lambda root: (root / 'empty').mkdir(), 'empty: expected at least two photographs'),
    ],
)
def test_other_folders_are_refused(root, change, message):
    with pytest.raises(DataError, match=message):
        PhotographFolder(change(root) or root)
