"""The weights that a run starts from."""

from __future__ import annotations

import argparse
import dataclasses

from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.network import Network
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.registry import list_class_weights
from segnet_ros.training.encoder.encoder_weights import fill_encoder
from segnet_ros.training.encoder.encoder_weights import Origin


def fill_in_initial_weights(
    network: Network, options: argparse.Namespace, label_set: LabelSet
) -> Origin:
    """
    Take over the weights that were asked for, if any.

    :param network: keeps what it has where nothing is taken over
    :param options: of ``segnet_train``; ``init`` and ``encoder`` count
    :param label_set: of the network; what belongs to other classes is not taken over
    :return: where they come from, with the normalization that belongs to them
    :raises ValueError: if they do not fit the network
    :raises OSError: if a file cannot be read
    """
    if options.init:
        return _take_over_checkpoint(network, options, label_set)
    if options.encoder:
        return fill_encoder(network, options.encoder)
    return Origin(Normalization(), None)


def _take_over_checkpoint(
    network: Network, options: argparse.Namespace, label_set: LabelSet
) -> Origin:
    path = options.init
    checkpoint = load_checkpoint(path)
    # All but dropout, which has no weights, and the classes.
    shapes = [
        {**dataclasses.asdict(config), 'num_classes': 0, 'dropout': 0.0}
        for config in (network.config, checkpoint.config)
    ]
    if type(network.config) is not type(checkpoint.config) or shapes[0] != shapes[1]:
        raise ValueError(
            f'{path}: expected {options.model} with the widths {network.config.widths}, found'
            f' {checkpoint.network} with {checkpoint.config.widths}; set --model and --widths to'
            ' match'
        )
    weights = checkpoint.weights
    if checkpoint.label_set.names != label_set.names:
        of_classes = list_class_weights(network.config)
        weights = {name: weight for name, weight in weights.items() if name not in of_classes}
    network.load_state_dict(weights, strict=False)
    return Origin(checkpoint.normalization, checkpoint.provenance)
