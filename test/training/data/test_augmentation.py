"""Augmentation: image and label together, every sample seeded by (seed, epoch, index)."""

from collections import Counter

import numpy as np
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.labels import UNLABELED
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.data.augmentation import Augmentation
from segnet_ros.training.data.augmentation import cut_window
from segnet_ros.training.data.augmentation import resize
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.data.dataset import Sample
from segnet_ros.training.data.exposure import Exposure
from segnet_ros.training.data.image_cache import CachedImages
from segnet_ros.training.data.loading import EpochSampler
from segnet_ros.training.data.loading import load_batches
from segnet_ros.training.data.loading import prepare_worker
from segnet_ros.training.data.training_set import Draw
from segnet_ros.training.data.training_set import TrainingSet
from segnet_ros.training.step.distributed import World
import torch
from torch.utils.data import DataLoader


def make_set(
    data, seed=0, scenes=3, size=(48, 64), augmentation='zoom-flip-and-exposure'
) -> TrainingSet:
    labeled = open_labeled_images(data, ['train'], load_label_set('camvid'))
    return TrainingSet(labeled, scenes, size, seed, augmentation)


def collect(samples, epoch=0, start_batch=0, workers=0):
    sampler = EpochSampler(samples, epoch, 2, World(), start_batch)
    return [
        (image.clone(), label.clone())
        for image, label in load_batches(samples, sampler, 2, workers)
    ]


def test_flips_move_image_and_label_together():
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :20] = 255
    samples = TrainingSet(
        CachedImages([], [Sample(image, image[..., 0] // 85)]), 0, (48, 64), 1, 'flip-and-light'
    )
    sides = Counter()
    for epoch in range(40):
        augmented, label = samples[Draw(epoch, 0)]
        bright = augmented.float().mean(0) > 60
        assert torch.equal(bright, label == 3)
        sides[bool(label[0, 0])] += 1
    assert min(sides.values()) >= 8


def make_square() -> tuple[torch.Tensor, torch.Tensor]:
    label = torch.zeros(60, 80, dtype=torch.uint8)
    label[20:40, 30:50] = 1
    return (100 + 100 * label).expand(3, 60, 80), label


def test_a_window_cuts_image_and_label_alike_and_is_unlabeled_outside():
    torch.manual_seed(0)
    heights = []
    for _ in range(50):
        image, label = cut_window(*make_square(), (30, 40))
        assert image.shape == (3, *label.shape)
        outside = label == UNLABELED
        assert torch.equal(image[0] == 0, outside)
        assert torch.equal(image[0][~outside], 100 + 100 * label[~outside])
        if label.shape[0] > 66:  # even at the greatest stretch larger than the image
            assert torch.all(torch.bincount(label.flatten())[:2] == torch.tensor([4400, 400]))
        heights.append(label.shape[0])
    assert min(heights) < 35
    assert max(heights) > 70


def test_exposure_makes_images_darker_noisier_and_of_another_color_but_moves_nothing():
    expose = Exposure()
    torch.manual_seed(0)
    image = torch.full((3, 40, 60), 128, dtype=torch.uint8)
    image[:, :, 30:] = 200
    varied = [expose(image).float() for _ in range(60)]
    assert 10 < sum(torch.equal(one, image.float()) for one in varied) < 40
    assert min(one.mean() for one in varied) < 70
    assert max((one[0] - one[2]).mean().abs() for one in varied) > 5
    assert max(one[:, :, :20].std(dim=(1, 2)).max() for one in varied) > 3
    for one in varied:
        assert one[:, :, 33:].mean() > one[:, :, :27].mean()


def test_only_the_augmentation_of_this_name_varies_exposure():
    means = {}
    for name in ('zoom-flip-and-exposure', 'zoom-flip-and-light', 'none'):
        augment = Augmentation(name, (30, 40))
        torch.manual_seed(0)
        varied = [augment(*make_square())[0].float() for _ in range(60)]
        means[name] = [one[one > 0].mean() for one in varied]
    assert min(means['zoom-flip-and-exposure']) < 0.8 * min(means['zoom-flip-and-light'])
    assert max(means['none']) - min(means['none']) < 1


def test_zoom_shows_things_larger_and_smaller():
    augment = Augmentation('zoom-flip-and-light', (60, 80))
    torch.manual_seed(0)
    areas = []
    for _ in range(50):
        image, label = augment(*make_square())
        assert image.shape == (3, 60, 80)
        assert label.shape == (60, 80)
        areas.append((label == 1).sum().item() / 400)
    assert min(areas) < 0.7
    assert max(areas) > 2


def test_light_changes_but_not_the_label(data):
    samples = make_set(data, augmentation='flip-and-light')
    images, labels = zip(*(samples[Draw(epoch, 0)] for epoch in range(12)), strict=True)
    assert len({image.float().mean().item() for image in images}) > 6
    assert len({bytes(label.numpy()) for label in labels}) == 2  # as it is, and flipped


def test_resizing_never_invents_labels(data):
    label = make_set(data, size=(40, 50))[Draw(0, 0)][1]
    original = open_labeled_images(data, ['train'], load_label_set('camvid'))[0].label
    assert label.shape == (40, 50)
    assert set(label.unique().tolist()) <= set(np.unique(original).tolist())


def test_resizing_keeps_labels_centered():
    columns = torch.arange(12, dtype=torch.uint8).repeat(12, 1)
    image, label = resize(columns.expand(1, 3, 12, 12), columns[None], (6, 6))
    assert label[0, 0].tolist() == [1, 3, 5, 7, 9, 11]
    assert (label[0] - image[0, 0].float()).abs().max() <= 1


def test_a_sample_depends_on_seed_epoch_and_index_alone(data):
    samples, again = make_set(data), make_set(data)
    for draw in (Draw(0, 0), Draw(3, 2), Draw(1, 9)):  # 8 and up are rendered
        torch.manual_seed(len(samples))
        first = samples[draw]
        torch.manual_seed(123)
        second = again[draw]
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    other_seed = make_set(data, seed=1)
    assert not torch.equal(samples[Draw(0, 0)][0], other_seed[Draw(0, 0)][0])
    assert not torch.equal(samples[Draw(0, 9)][0], samples[Draw(1, 9)][0])


def draw_order(epoch: int, world: World | None = None, start: int = 0) -> list[Draw]:
    image = Sample(np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), np.uint8))
    samples = TrainingSet(CachedImages([], [image] * 22), 0, (48, 64), 0, 'flip-and-light')
    return list(EpochSampler(samples, epoch, 4, world or World(), start))


def test_the_order_of_an_epoch_is_shuffled_and_complete():
    first, second = draw_order(0), draw_order(1)
    assert len({draw.sample for draw in first}) == 20  # the incomplete batch is left out
    assert [draw.sample for draw in first] != [draw.sample for draw in second]
    assert draw_order(0, start=2) == first[8:]


def test_ranks_share_each_batch():
    whole = draw_order(0)
    ranks = [draw_order(0, World(rank, 2)) for rank in range(2)]
    for batch in range(5):
        shares = [rank[2 * batch : 2 * batch + 2] for rank in ranks]
        assert sorted(shares[0] + shares[1]) == sorted(whole[4 * batch : 4 * batch + 4])


def test_samples_have_names(data):
    samples = make_set(data)
    assert samples.describe(Draw(0, 3)) == '3.png'
    seed = int(samples.describe(Draw(0, 9)).removeprefix('scene '))
    plain = TrainingSet(samples.labeled, 3, (48, 64), 0, 'none')
    image, _ = plain[Draw(0, 9)]
    assert np.array_equal(image.permute(1, 2, 0), render_scene(seed, size=(48, 64)).image)


def test_no_augmentation_leaves_images_as_they_are(data):
    folder = open_labeled_images(data, ['train'], load_label_set('camvid'))
    samples = TrainingSet(folder, 0, (48, 64), 0, 'none')
    for epoch in range(4):
        image, label = samples[Draw(epoch, 1)]
        assert np.array_equal(image.permute(1, 2, 0), folder[1].image)
        assert np.array_equal(label, folder[1].label)


def test_batches_are_the_same_from_any_worker_and_any_start(data):
    samples = make_set(data)
    whole = collect(samples)
    assert len(whole) == 5  # 11 samples; the incomplete batch is left out
    for others in (collect(samples, workers=1), whole[:2] + collect(samples, start_batch=2)):
        assert len(others) == len(whole)
        for (image, label), (other_image, other_label) in zip(whole, others, strict=True):
            assert torch.equal(image, other_image)
            assert torch.equal(label, other_label)


def test_samples_are_the_same_from_a_process_that_inherits_nothing(data):
    samples = make_set(data)
    draws = [Draw(0, 0), Draw(1, 4), Draw(0, 9)]  # the last is rendered
    loader = DataLoader(
        samples,
        batch_size=1,
        sampler=draws,
        num_workers=1,
        worker_init_fn=prepare_worker,
        multiprocessing_context='forkserver',  # as from Python 3.14 on
    )
    for draw, (image, label) in zip(draws, loader, strict=True):
        assert torch.equal(image[0], samples[draw][0])
        assert torch.equal(label[0], samples[draw][1])
