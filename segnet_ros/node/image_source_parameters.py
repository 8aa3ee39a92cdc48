"""Every parameter of the node `image_source`, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import Field
from dataclasses import field
from dataclasses import fields
import json
from typing import Any

from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node

RELIABILITIES = ('reliable', 'best_effort')
TYPE_NAMES = {str: 'string', int: 'integer', float: 'double', bool: 'bool'}
SMALLEST_SIDE = 32
"""Pixels; the network takes nothing smaller."""


class ParameterError(ValueError):
    """Raised for a parameter or argument that does not fit; says expected, found and remedy."""


def parameter(default: Any, text: str, bounds: tuple[Any, Any] | None = None) -> Any:
    """
    Make the field of one parameter.

    :param text: what it does, for people
    :param bounds: smallest and largest value allowed, numbers only
    """
    return field(default=default, metadata={'text': text, 'bounds': bounds})


@dataclass(frozen=True)
class SourceParameters:
    """What `image_source` can be told, all of it at its start."""

    source: str = parameter(
        '', 'video file, folder of images, or webcam (/dev/video0 or 0); empty: rendered scenes'
    )
    rate: float = parameter(10.0, 'images per second', (0.1, 240.0))
    height: int = parameter(0, 'pixels; 0: as the source has it, scenes 360', (0, 8192))
    width: int = parameter(0, 'pixels; 0: as the source has it, scenes 480', (0, 8192))
    frame_id: str = parameter('camera', 'coordinate frame of the header')
    reliability: str = parameter('reliable', ' or '.join(RELIABILITIES))
    loop: bool = parameter(True, 'begin videos and folders again at their end')
    count: int = parameter(0, 'exit after so many images; 0: never', (0, 2**31 - 1))
    wait_for_subscribers: int = parameter(
        0, 'subscribers of image_raw to wait for before the first image', (0, 100)
    )
    seed: int = parameter(0, 'first street of the rendered scenes', (0, 2**31 - 1))
    speed: float = parameter(
        8.0, 'meters per second driven through the rendered scenes', (0.0, 100.0)
    )
    scenes: int = parameter(
        0, 'scenes to render before the first image, then repeated; 0: always new ones', (0, 1000)
    )

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) to publish, or None for the source's own."""
        return (self.height, self.width) if self.height and self.width else None


def declare_parameters(node: Node) -> SourceParameters:
    """
    Declare all parameters, read-only, and read them.

    :raises ParameterError: if a value given does not fit
    """
    values = {}
    for entry in fields(SourceParameters):
        try:
            declared = node.declare_parameter(entry.name, entry.default, make_descriptor(entry))
        except ParameterException as error:
            raise ParameterError(
                f"expected parameter '{entry.name}' as {describe_type(entry)}, found otherwise: "
                f'{error}; start with a value like {entry.name}:={json.dumps(entry.default)}'
            ) from error
        values[entry.name] = declared.value
    values['source'] = str(values['source'])
    parameters = SourceParameters(**values)
    check_parameters(parameters)
    return parameters


def check_parameters(parameters: SourceParameters) -> None:
    """
    Check what a range cannot say.

    :raises ParameterError: if something does not fit
    """
    if parameters.reliability not in RELIABILITIES:
        raise ParameterError(
            f"expected parameter 'reliability' to be {' or '.join(RELIABILITIES)}, "
            f"found '{parameters.reliability}'; use one of them"
        )
    sides = parameters.height, parameters.width
    if any(sides) and min(sides) < SMALLEST_SIDE:
        raise ParameterError(
            f"expected parameters 'height' and 'width' both 0 or both at least {SMALLEST_SIDE}, "
            f'found {sides[0]} and {sides[1]}; give both'
        )


def make_descriptor(entry: Field[Any]) -> ParameterDescriptor:
    """Describe a parameter to ROS; a webcam's number is the only value of another type."""
    descriptor = ParameterDescriptor(description=entry.metadata['text'], read_only=True)
    descriptor.dynamic_typing = entry.name == 'source'
    if entry.metadata['bounds'] is not None:
        low, high = entry.metadata['bounds']
        if isinstance(entry.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    return descriptor


def describe_type(entry: Field[Any]) -> str:
    """Say the type of a parameter and its range, such as 'double from 0.1 to 240.0'."""
    bounds = entry.metadata['bounds']
    return TYPE_NAMES[type(entry.default)] + (
        f' from {bounds[0]} to {bounds[1]}' if bounds else ''
    )


def describe_parameters() -> str:
    """Make the part of the help text that lists all parameters, a line or two for each."""
    return '\n'.join(
        f'  {entry.name}:={json.dumps(entry.default)}\n      {entry.metadata["text"]} '
        f'({describe_type(entry)})'
        for entry in fields(SourceParameters)
    )
