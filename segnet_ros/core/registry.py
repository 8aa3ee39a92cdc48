"""The networks that a checkpoint can hold, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from segnet_ros.core.network import make_shapes
from segnet_ros.core.network import NetworkConfig

MODULES = {
    'segnet': 'segnet_ros.core.model',
    'bayesian-segnet': 'segnet_ros.core.model',
    'segnet-basic': 'segnet_ros.networks.basic',
    'bayesian-segnet-basic': 'segnet_ros.networks.basic',
    'segnet-basic-encoder-addition': 'segnet_ros.networks.basic',
    'segnet-basic-single-channel-decoder': 'segnet_ros.networks.basic',
    'fcn-basic': 'segnet_ros.networks.basic',
    'fcn-basic-no-addition': 'segnet_ros.networks.basic',
    'fcn-basic-no-dim-reduction': 'segnet_ros.networks.basic',
    'fcn-basic-no-addition-no-dim-reduction': 'segnet_ros.networks.basic',
    'bilinear-interpolation': 'segnet_ros.networks.basic',
    'fcn-bilinear': 'segnet_ros.networks.fcn',
    'fcn': 'segnet_ros.networks.fcn',
    'deeplab-largefov': 'segnet_ros.networks.deeplab',
    'deconvnet': 'segnet_ros.networks.deconvnet',
    'unet': 'segnet_ros.networks.unet',
}
"""Where each is: a module with ``NETWORKS``, which is imported when the network is asked for."""


def list_class_weights(config: NetworkConfig) -> set[str]:
    """Name the weights that belong to classes: those whose shape follows from their number."""
    one, other = (
        make_shapes(replace(config, num_classes=number)).state_dict() for number in (5, 7)
    )
    return {name for name in one if one[name].shape != other[name].shape}


def make_config(name: str, values: Mapping[str, Any]) -> NetworkConfig:
    """
    Describe a network.

    :param name: one of ``MODULES``
    :param values: what differs from its own, by name of the field; lists count as tuples
    :raises ValueError: if there is no such network, or a value is impossible
    :raises TypeError: if it has no such field
    """
    if name not in MODULES:
        raise ValueError(f"expected a network of {', '.join(MODULES)}, found '{name}'")
    config = import_module(MODULES[name]).NETWORKS[name]
    tuples = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    made: NetworkConfig = replace(config, **tuples)
    return made
