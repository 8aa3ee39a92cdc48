"""Whether a network has what parameters that may change while the node runs ask of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segnet_ros.node.inference.prediction_options import choose_classes
from segnet_ros.node.inference.processing import ImagePredictor


def check_classes(names: Any, predictor: ImagePredictor) -> None:
    """
    Refuse classes that the network does not tell apart.

    :param names: value of the parameter ``classes``
    :raises ValueError: if there is no class of that name
    """
    choose_classes(names or (), predictor.label_set)


def check_samples(number: Any, predictor: ImagePredictor) -> None:
    """
    Refuse to sample a network whose samples would not differ.

    :param number: value of the parameter ``mc_samples``
    :raises ValueError: if there is nothing to sample
    """
    if number and not predictor.can_be_sampled:
        raise ValueError(
            f'expected a network that can be sampled for mc_samples:={number}, found another; set'
            ' mc_samples to 0, or use a checkpoint such as segnet_train --model bayesian-segnet'
            ' makes, with the backend torch'
        )


CHECKS: dict[str, Callable[[Any, ImagePredictor], None]] = {
    'classes': check_classes,
    'mc_samples': check_samples,
}
"""By the name of the parameter."""
