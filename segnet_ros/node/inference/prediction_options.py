"""What a predictor is asked for, by the parameters of the node as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segnet_ros.core.labels import LabelSet
from segnet_ros.core.selection import find_class_ids
from segnet_ros.core.selection import Selection
from segnet_ros.node.parameters.segnet_parameters import Parameters

Size = tuple[int, int]
"""Height and width in pixels."""


def choose_options(
    parameters: Parameters, label_set: LabelSet, input_size: Size, image_size: Size
) -> dict[str, Any]:
    """
    Choose the arguments of ``Predictor.predict`` that parameters decide.

    :param label_set: of the predictor
    :param input_size: of its network
    :param image_size: of the image
    :raises ValueError: if a class is kept that the label set has not
    """
    return {
        'overlay_opacity': parameters.overlay_opacity,
        'output_size': choose_output_size(parameters, input_size, image_size),
        'selection': Selection(
            choose_classes(parameters.classes, label_set), parameters.min_confidence
        ),
        'mc_samples': parameters.mc_samples,
    }


def choose_output_size(parameters: Parameters, input_size: Size, image_size: Size) -> Size | None:
    """
    Choose the size of the outputs.

    :return: None for that of the image
    """
    if parameters.output_size == 'network':
        return input_size
    if parameters.output_size == 'scale':
        height, width = (max(1, round(parameters.output_scale * side)) for side in image_size)
        return height, width
    return None


def choose_classes(names: Sequence[str], label_set: LabelSet) -> tuple[int, ...] | None:
    """
    Find the classes that are kept.

    :param names: empty ones do not count
    :return: class ids; None for all
    :raises ValueError: if there is no class of that name
    """
    given = [name for name in names if name]
    return find_class_ids(given, label_set) if given else None
