"""
Parameters of a node as a record: a frozen dataclass with a field for each.

A field has everything there is to say about its parameter; declaring, reading, checking and the
help text follow from it.
"""

from __future__ import annotations

from dataclasses import Field
from dataclasses import field
from dataclasses import fields
import json
from typing import Any
from typing import TYPE_CHECKING
from typing import TypeVar

from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar('Record', bound='DataclassInstance')
SMALLEST_SIDE = 32
"""Pixels; the five poolings of the network need at least this much."""


class ParameterError(ValueError):
    """Raised for a parameter or argument that does not fit."""

    def __init__(self, subject: str, expected: str, found: str, remedy: str) -> None:
        super().__init__(f'{subject}: expected {expected}, found {found}; {remedy}')


def parameter(
    default: str | int | float | bool | tuple[str, ...],
    text: str,
    *,
    choices: tuple[str, ...] = (),
    bounds: tuple[float, float] | None = None,
    read_only: bool = True,
    as_text: bool = False,
) -> Any:
    """
    Make the field of one parameter.

    :param default: has the parameter's type
    :param text: what it does, for people
    :param choices: the strings allowed; only for a read-only parameter, because rclpy does not
        check them in a change
    :param bounds: smallest and largest number allowed
    :param read_only: whether it stays as it was at the start
    :param as_text: whether a value of another type than string is taken as well, as its text
    """
    metadata = {
        'text': text,
        'choices': choices,
        'bounds': bounds,
        'read_only': read_only,
        'as_text': as_text,
    }
    return field(default=default, metadata=metadata)


def declare_parameters(node: Node, record_type: type[Record], prefix: str = '') -> Record:
    """
    Declare every parameter on the node and check what it was given.

    :param prefix: of their names, such as ``camera.front.``
    :return: the values at start; the read-only ones stay so
    :raises ParameterError: if a value does not fit
    """
    for entry in fields(record_type):
        _declare_parameter(node, prefix + entry.name, entry)
    return read_parameters(node, record_type, prefix)


def read_parameters(node: Node, record_type: type[Record], prefix: str = '') -> Record:
    """
    Read the current values.

    rclpy checks a new value against type and range and replaces it whole, so a value that is
    read here is always a valid one, and no callback with side effects is needed. From another
    thread than the executor's, see :class:`GuardedParameters`.
    """
    values = {}
    for entry in fields(record_type):
        value = node.get_parameter(prefix + entry.name).value
        if entry.metadata['as_text']:
            value = str(value)
        elif isinstance(value, list):
            value = tuple(value)
        values[entry.name] = value
    return record_type(**values)


def describe_parameters(record_type: type[Record]) -> str:
    """Make the part of the help text that lists all parameters, two lines for each."""
    return '\n'.join(
        f'  {_describe_default(entry)}\n      {entry.metadata["text"]} ({_describe_values(entry)})'
        for entry in fields(record_type)
    )


def check_size(height_name: str, width_name: str, size: tuple[int, int]) -> None:
    """
    Check two parameters that are a size together, which no range can say.

    :param size: (height, width) in pixels; both 0 means that none is given
    :raises ParameterError: if only one is given, or one is too small
    """
    if any(size) and min(size) < SMALLEST_SIDE:
        raise ParameterError(
            f"parameters '{height_name}' and '{width_name}'",
            f'both 0 or both at least {SMALLEST_SIDE}',
            f'{size[0]} and {size[1]}',
            'give both or none',
        )


def _declare_parameter(node: Node, name: str, entry: Field[Any]) -> None:
    choices = entry.metadata['choices']
    default = _to_ros(entry.default)
    try:
        value = node.declare_parameter(name, default, _make_descriptor(entry)).value
        if not choices or value in choices:
            return
    except ParameterException:  # has the value only as a part of its text
        anything = ParameterDescriptor(dynamic_typing=True)
        value = node.declare_parameter(name, default, anything).value
    raise ParameterError(
        f"parameter '{name}'",
        _describe_values(entry),
        f'{value!r} ({_name_type(value)})',
        _propose(entry, value),
    )


def _propose(entry: Field[Any], value: Any) -> str:
    if isinstance(entry.default, float) and type(value) is int:
        return f'give {entry.name}:={float(value)}, with its decimal point'
    return f'give another value, such as the default {_describe_default(entry)}'


def _make_descriptor(entry: Field[Any]) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=entry.metadata['text'],
        read_only=entry.metadata['read_only'],
        dynamic_typing=entry.metadata['as_text'],
    )
    if entry.metadata['choices']:
        descriptor.additional_constraints = _describe_values(entry)
    if entry.metadata['bounds']:
        low, high = entry.metadata['bounds']
        if isinstance(entry.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    return descriptor


def _describe_values(entry: Field[Any]) -> str:
    """Say which values a parameter takes, such as 'double from 0.1 to 240.0'."""
    if entry.metadata['choices']:
        return f'one of {", ".join(entry.metadata["choices"])}'
    kind = _name_type(entry.default)
    if entry.metadata['bounds']:
        low, high = entry.metadata['bounds']
        return f'{kind} from {low} to {high}'
    return kind


def _describe_default(entry: Field[Any]) -> str:
    return f'{entry.name}:={json.dumps(entry.default)}'


def _to_ros(value: Any) -> Any:
    """Turn a value of a record into what ROS holds: records have tuples, ROS lists."""
    return list(value) if isinstance(value, tuple) else value


def _name_type(value: Any) -> str:
    """Name the type that a value has in ROS, such as 'double' or 'string array'."""
    return Parameter.Type.from_parameter_value(_to_ros(value)).name.lower().replace('_', ' ')
