"""The weights that a run starts from."""

from __future__ import annotations

import argparse
import dataclasses

from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.model import SegNet
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.encoder.encoder_weights import fill_encoder
from segnet_ros.training.encoder.encoder_weights import Origin


def fill_in_initial_weights(
    network: SegNet, options: argparse.Namespace, label_set: LabelSet
) -> Origin:
    """
    Take over the weights that were asked for, if any.

    :param network: keeps what it has where nothing is taken over
    :param options: of ``segnet_train``; ``init`` and ``encoder`` count
    :param label_set: of the network; a classifier of other classes is not taken over
    :return: where they come from, with the normalization that belongs to them
    :raises ValueError: if they do not fit the network
    :raises OSError: if a file cannot be read
    """
    if options.init:
        return _take_over_checkpoint(network, options.init, label_set)
    if options.encoder:
        return fill_encoder(network, options.encoder)
    return Origin(Normalization(), None)


def _take_over_checkpoint(network: SegNet, path: str, label_set: LabelSet) -> Origin:
    checkpoint = load_checkpoint(path)
    same_classes = dataclasses.replace(network.config, num_classes=checkpoint.config.num_classes)
    if same_classes != checkpoint.config:
        raise ValueError(
            f'{path}: expected the widths {network.config.widths}, found'
            f' {checkpoint.config.widths}; set --widths to match'
        )
    weights = checkpoint.weights
    if checkpoint.label_set.names != label_set.names:
        weights = {k: v for k, v in weights.items() if not k.startswith('classifier.')}
    network.load_state_dict(weights, strict=False)
    return Origin(checkpoint.normalization, checkpoint.provenance)
