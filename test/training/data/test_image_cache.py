"""The data set in memory: the same samples, one block for all processes, where it fits."""

from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.data.dataset import Sample
from segnet_ros.training.data.image_cache import cache_images
from segnet_ros.training.data.image_cache import CachedImages
from segnet_ros.training.data.image_cache import find_room
import torch
from torch.utils.data import DataLoader

BYTES = 8 * 48 * 64 * 4


@pytest.fixture
def images(data):
    return open_labeled_images(data, ['train'], load_label_set('camvid'))


def test_samples_are_those_of_the_files(images):
    cached = cache_images(images, BYTES)
    assert isinstance(cached, CachedImages)
    assert cached.pairs == images.pairs
    assert len(cached) == 8
    for index in range(8):
        for kept, read in zip(cached[index], images[index], strict=True):
            assert kept.dtype == np.uint8
            assert kept.flags.c_contiguous
            assert np.array_equal(kept, read)


def test_images_may_differ_in_size():
    rng = np.random.default_rng(0)
    samples = [
        Sample(*(rng.integers(0, 256, shape, np.uint8) for shape in ((h, w, 3), (h, w))))
        for h, w in ((3, 5), (32, 48), (7, 2))
    ]
    cached = CachedImages([], samples)
    for index, sample in enumerate(samples):
        assert all(np.array_equal(*both) for both in zip(cached[index], sample, strict=True))


def test_what_does_not_fit_stays_in_its_files(images):
    assert cache_images(images, BYTES - 1) is images


def test_what_a_sample_is_changed_to_does_not_stay(images):
    cached = cache_images(images, BYTES)
    cached[0].image[:] = 0
    assert np.array_equal(cached[0].image, images[0].image)


def test_a_loading_process_gets_no_copy(images):
    cached = cache_images(images, BYTES)
    assert cached._block.is_shared()
    assert len(ForkingPickler.dumps(cached)) < BYTES / 10
    loader = DataLoader(
        cached, num_workers=1, multiprocessing_context='spawn', collate_fn=take_image
    )
    total = sum(int(image.sum()) for image in loader)
    assert total == sum(int(images[index].image.sum()) for index in range(8))


def take_image(samples):
    """Of a batch of one, the image."""
    return torch.from_numpy(samples[0].image)


def test_room_is_shared_by_the_ranks():
    assert find_room(4) == pytest.approx(find_room(1) / 4, rel=0.2)
    assert find_room(1) > 0
