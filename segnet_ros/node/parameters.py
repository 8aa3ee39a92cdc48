"""Every parameter of the node, declared once: type, default, range, text."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import Field
from dataclasses import field
from dataclasses import fields
from typing import Any

from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node

SMALLEST_INPUT = 32
"""Pixels; five poolings need at least this much."""
TYPE_NAMES = {str: 'string', int: 'integer', float: 'number with a decimal point'}


class ParameterError(ValueError):
    """A parameter was given a value that it cannot take."""


def _parameter(
    default: str | int | float,
    text: str,
    *,
    choices: tuple[str, ...] = (),
    bounds: tuple[float, float] | None = None,
    read_only: bool = True,
) -> Any:
    metadata = {'text': text, 'choices': choices, 'bounds': bounds, 'read_only': read_only}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Parameters:
    """The value of every parameter, as of one moment."""

    checkpoint: str = _parameter('', 'Checkpoint file. Empty: the packaged one.')
    device: str = _parameter('auto', 'Where to compute: auto, cpu, cuda or cuda:N.')
    precision: str = _parameter(
        'auto',
        'Number format of the network. auto: by what the device can do.',
        choices=('auto', 'fp32', 'fp16', 'bf16'),
    )
    input_height: int = _parameter(
        0, 'Height of the network input in pixels. 0: from the checkpoint.', bounds=(0, 8192)
    )
    input_width: int = _parameter(
        0, 'Width of the network input in pixels. 0: from the checkpoint.', bounds=(0, 8192)
    )
    input_reliability: str = _parameter(
        'auto',
        'Reliability of the image subscription. auto: reliable if every publisher is.',
        choices=('auto', 'reliable', 'best_effort'),
    )
    overlay_opacity: float = _parameter(
        0.5,
        'Share of the class color in ~/overlay. 0: the camera image alone.',
        bounds=(0.0, 1.0),
        read_only=False,
    )
    cpu_threads: int = _parameter(
        0,
        'Threads for computing on the CPU. 0: all cores on the CPU, 1 beside CUDA.',
        bounds=(0, 1024),
    )

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Network input as (height, width) in pixels, or None for the checkpoint's."""
        return (self.input_height, self.input_width) if self.input_height else None


def declare_parameters(node: Node) -> Parameters:
    """
    Declare every parameter on the node and check what it was given.

    :return: the values at start; the read-only ones stay so
    :raises ParameterError: if a value has the wrong type or is out of range
    """
    for entry in fields(Parameters):
        try:
            node.declare_parameter(entry.name, entry.default, _descriptor(entry))
        except ParameterException as error:
            raise ParameterError(
                f"parameter '{entry.name}': expected {describe_values(entry)}; {error}"
            ) from None
    values = read_parameters(node)
    _check(values)
    return values


def read_parameters(node: Node) -> Parameters:
    """
    Read the current values; safe from any thread.

    rclpy checks a new value against type and range and replaces it whole, so a value that is
    read here is always a valid one, and no callback with side effects is needed.
    """
    return Parameters(
        **{entry.name: node.get_parameter(entry.name).value for entry in fields(Parameters)}
    )


def describe_parameters() -> str:
    """List every parameter, one per line."""
    return '\n'.join(
        f'  {entry.name}: {entry.metadata["text"]} '
        f'({describe_values(entry)}; default {entry.default!r})'
        for entry in fields(Parameters)
    )


def describe_values(entry: Field[Any]) -> str:
    """
    Say which values a parameter takes.

    :param entry: a field of ``Parameters``
    """
    kind = TYPE_NAMES[type(entry.default)]
    if entry.metadata['choices']:
        return f'one of {", ".join(entry.metadata["choices"])}'
    if entry.metadata['bounds']:
        low, high = entry.metadata['bounds']
        return f'{kind} from {low} to {high}'
    return kind


def _descriptor(entry: Field[Any]) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=entry.metadata['text'], read_only=entry.metadata['read_only']
    )
    if entry.metadata['choices']:
        descriptor.additional_constraints = describe_values(entry)
    if entry.metadata['bounds']:
        low, high = entry.metadata['bounds']
        if isinstance(entry.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    return descriptor


def _check(values: Parameters) -> None:
    """
    Check what a descriptor cannot express.

    Only read-only parameters have choices or depend on each other, so once is enough.
    """
    for entry in fields(values):
        value = getattr(values, entry.name)
        if entry.metadata['choices'] and value not in entry.metadata['choices']:
            raise ParameterError(
                f"parameter '{entry.name}': expected {describe_values(entry)}; got '{value}'"
            )
    size = (values.input_height, values.input_width)
    if size != (0, 0) and min(size) < SMALLEST_INPUT:
        raise ParameterError(
            f"parameters 'input_height' and 'input_width': expected both 0 or both at least "
            f'{SMALLEST_INPUT}; got {size[0]} and {size[1]}'
        )
