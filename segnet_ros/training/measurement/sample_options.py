"""Which images with labels a command measures on, from its options."""

from __future__ import annotations

import argparse

from segnet_ros.commands.command import add_data_option
from segnet_ros.commands.command import parse_positive
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.data.dataset import RenderedScenes
from segnet_ros.training.data.dataset import Samples

SCENE_SIZE = (360, 480)
"""Height and width of rendered scenes for evaluation: that of CamVid's images."""


def add_sample_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` or ``--scenes``, ``--split`` and ``--only``."""
    data = parser.add_mutually_exclusive_group(required=True)
    add_data_option(data)
    data.add_argument(
        '--scenes',
        type=parse_positive,
        metavar='N',
        help='N rendered street scenes in place of a data set',
    )
    parser.add_argument(
        '--split',
        nargs='+',
        default=['val'],
        metavar='NAME',
        help='which parts of the data set (val)',
    )
    parser.add_argument(
        '--only', metavar='START', help='of these, the images whose names start so'
    )


def open_samples(options: argparse.Namespace, label_set: LabelSet) -> Samples:
    """
    Open the images that the options name.

    :param options: with those of :func:`add_sample_options`
    :param label_set: of the checkpoint
    :raises ValueError: if there are none, or options or classes do not fit
    """
    if options.data:
        images = open_labeled_images(options.data, options.split, label_set)
        return images.select(options.only) if options.only else images
    if options.only:
        raise ValueError(f"expected --data DIR with --only, got '{options.only}' with --scenes")
    expected = load_label_set('camvid').names
    if label_set.names != expected:
        raise ValueError(
            'expected a checkpoint with the classes of CamVid for --scenes, found those of'
            f" '{label_set.name}'; use --data"
        )
    return RenderedScenes(options.scenes, SCENE_SIZE)


def describe_samples(options: argparse.Namespace) -> str:
    """
    Say what images these are.

    :param options: with those of :func:`add_sample_options`
    """
    if not options.data:
        return 'rendered scenes'
    names = f', names from {options.only}' if options.only else ''
    return f'{options.data}, {" and ".join(options.split)}{names}'


def name_sample(samples: Samples, index: int) -> str:
    """
    Name an image for people.

    :param index: from 0
    """
    return samples.pairs[index][0].name if samples.pairs else f'scene {index}'
