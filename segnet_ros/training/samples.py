"""Which samples a run trains and validates on, by its options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import LabelSet
from segnet_ros.training.augmentation import TRAINING_STREETS
from segnet_ros.training.augmentation import TrainingSet
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.dataset import Sample
from segnet_ros.training.dataset import Samples
from segnet_ros.training.loss import compute_median_frequency_weights
from tqdm import tqdm

FREQUENCY_SCENES = 64
"""Rendered scenes whose class frequencies stand for all, where there is no other data."""
VALIDATION_SCENES = 32
"""Rendered scenes to validate on, where there is no other data."""


def open_training_samples(options: argparse.Namespace, label_set: LabelSet) -> TrainingSet:
    """
    Open what to learn from.

    :param options: of ``segnet_train``, complete
    :param label_set: of the labels
    :raises ValueError: if the data set does not fit
    """
    labeled: Samples | Sequence[Sample] = []
    if options.data:
        labeled = LabeledFolder(options.data, options.split, label_set)
    return TrainingSet(labeled, options.scenes, options.size, options.seed, options.augmentation)


def open_validation_samples(options: argparse.Namespace, label_set: LabelSet) -> Samples:
    """
    Open what to measure on: rendered scenes where there is no data set.

    :param options: of ``segnet_train``, complete
    :param label_set: of the labels
    :raises ValueError: if a file cannot be used, which is better found now than after hours
    """
    if not options.data:
        return RenderedScenes(VALIDATION_SCENES, options.size)
    samples = LabeledFolder(options.data, options.val_split, label_set)
    for index in tqdm(range(len(samples)), 'check validation', unit='image', leave=False):
        samples[index]
    return samples


def compute_class_weights(
    kind: str, samples: TrainingSet, size: tuple[int, int], num_classes: int
) -> NDArray[np.float64]:
    """
    Balance by the labeled images; scenes count where there is nothing else.

    :param kind: one of :data:`segnet_ros.training.loss.CLASS_WEIGHTS`
    :param samples: of the run
    :param size: height and width of rendered scenes
    :return: weights, (num_classes,)
    """
    if kind == 'none':
        return np.ones(num_classes)
    labeled: Any = samples.labeled
    if not len(labeled):
        labeled = RenderedScenes(FREQUENCY_SCENES, size, TRAINING_STREETS)
    indices = tqdm(range(len(labeled)), 'class weights', unit='image', leave=False)
    weights = compute_median_frequency_weights(
        (labeled[index].label for index in indices), num_classes
    )
    return np.sqrt(weights) if kind == 'sqrt-median' else weights
