"""Which samples a run trains and validates on, by its options."""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.labels import LabelSet
from segnet_ros.training.data.dataset import LabeledImages
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.data.dataset import RenderedScenes
from segnet_ros.training.data.dataset import Samples
from segnet_ros.training.data.image_cache import cache_images
from segnet_ros.training.data.image_cache import find_room
from segnet_ros.training.data.training_set import TRAINING_STREETS
from segnet_ros.training.data.training_set import TrainingSet
from segnet_ros.training.step.distributed import World
from segnet_ros.training.step.loss import compute_median_frequency_weights
from tqdm import tqdm

FREQUENCY_SCENES = 64
"""Rendered scenes whose class frequencies stand for all, where there is no other data."""
VALIDATION_SCENES = 32
"""Rendered scenes to validate on, where there is no other data."""


class Data(NamedTuple):
    """What a run learns from, and what it measures on."""

    training: TrainingSet
    validation: Samples


def open_data(options: argparse.Namespace, label_set: LabelSet, world: World) -> Data:
    """
    Open what to learn from and what to measure on: rendered scenes where there is no data set.

    :param options: of ``segnet_train``, complete
    :param label_set: of the labels
    :param world: whose ranks open it, each for itself
    :raises ValueError: if the data set does not fit, or one of its files cannot be used
    """
    labeled: Samples = LabeledImages([], label_set)
    validation: Samples = RenderedScenes(VALIDATION_SCENES, options.size)
    if options.data:
        images, validation_images = _open_images(options, label_set)
        room = find_room(world.local_size)
        validation = cache_images(validation_images, room / 2, world.is_first)
        labeled = cache_images(images, room / 2, world.is_first)
    training = TrainingSet(
        labeled, options.scenes, options.size, options.seed, options.augmentation
    )
    return Data(training, validation)


def _open_images(
    options: argparse.Namespace, label_set: LabelSet
) -> tuple[LabeledImages, LabeledImages]:
    labeled = open_labeled_images(options.data, options.split, label_set)
    if options.hold_out is not None:
        return labeled.hold_out(options.hold_out)
    return labeled, open_labeled_images(options.data, [options.val_split], label_set)


def compute_class_weights(
    kind: str,
    labeled: Samples,
    size: tuple[int, int],
    num_classes: int,
    is_shown: bool = True,
) -> NDArray[np.float64]:
    """
    Balance by the labeled images; scenes count where there is nothing else.

    :param kind: one of :data:`segnet_ros.training.step.loss.CLASS_WEIGHTS`
    :param labeled: images of the run
    :param size: height and width of rendered scenes
    :param is_shown: whether there is a progress bar
    :return: weights, (num_classes,)
    """
    if kind == 'none':
        return np.ones(num_classes)
    if not len(labeled):
        labeled = RenderedScenes(FREQUENCY_SCENES, size, TRAINING_STREETS)
    indices = tqdm(
        range(len(labeled)), 'class weights', unit='image', leave=False, disable=not is_shown
    )
    weights = compute_median_frequency_weights(
        (labeled[index].label for index in indices), num_classes
    )
    return np.sqrt(weights) if kind == 'sqrt-median' else weights
