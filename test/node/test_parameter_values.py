"""Every parameter that is declared: good values count at the start, bad ones end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field
from dataclasses import fields
from typing import Any

from node_control import make_parameter_arguments
from node_control import NodeProcess
from parameter_cases import CAMERA
from parameter_cases import NODE
from parameter_cases import SOURCE
import pytest
from rclpy.node import Node
from segnet_ros.node.parameters.record import declare_parameters
from segnet_ros.node.parameters.record import ParameterError
from segnet_ros.node.parameters.segnet_parameters import CameraParameters
from segnet_ros.node.parameters.segnet_parameters import Parameters
from segnet_ros.node.source.parameters import SourceParameters

CASES = {Parameters: NODE, CameraParameters: CAMERA, SourceParameters: SOURCE}


def list_entries(
    record: type[Any], is_wanted: Callable[[Field[Any]], bool] = lambda entry: True
) -> list[str]:
    """Name the parameters that are declared, or some of them."""
    return [entry.name for entry in fields(record) if is_wanted(entry)]


def choose_good(record: type[Any]) -> dict[str, Any]:
    """Choose a good value for every parameter."""
    return {name: case.good for name, case in CASES[record].items()}


@pytest.mark.parametrize('record', CASES)
def test_every_parameter_has_a_case_with_a_value_that_is_not_the_default(
    record: type[Any],
) -> None:
    assert sorted(CASES[record]) == sorted(list_entries(record))
    for entry in fields(record):
        default = list(entry.default) if isinstance(entry.default, tuple) else entry.default
        assert CASES[record][entry.name].good != default


@pytest.mark.parametrize('record', CASES)
def test_good_values_count(make_node: Callable[..., Node], record: type[Any]) -> None:
    good = choose_good(record)
    as_read = {
        name: tuple(value) if isinstance(value, list) else value for name, value in good.items()
    }
    assert declare_parameters(make_node(**good), record) == record(**as_read)


@pytest.mark.parametrize(
    ('record', 'name'),
    [
        (record, name)
        for record in CASES
        for name in list_entries(
            record,
            # Any text may name a video, and any list of names classes: see who reads them.
            lambda entry: not entry.metadata['as_text'] and entry.name != 'classes',
        )
    ],
)
def test_one_bad_value_among_good_ones_is_refused(
    make_node: Callable[..., Node], record: type[Any], name: str
) -> None:
    values = {**choose_good(record), name: CASES[record][name].bad}
    with pytest.raises(ParameterError, match=f"'{name}'.*: expected .*, found .*; "):
        declare_parameters(make_node(**values), record)


@pytest.mark.ros
@pytest.mark.parametrize(
    'name', list_entries(Parameters, lambda entry: bool(entry.metadata['read_only']))
)
def test_a_bad_value_ends_the_start_of_the_process_in_one_line(
    start_node: Callable[..., NodeProcess], name: str
) -> None:
    good = {'input_height': 64, 'input_width': 96} if name.startswith('input_') else {}
    values = {**good, name: NODE[name].bad}
    node = start_node(*make_parameter_arguments(values))
    code, _ = node.wait_for_exit()
    assert code == 1
    (line,) = [line for line in node.lines if line != 'importing']
    assert 'FATAL' in line
    assert f"'{name}'" in line
    assert all(word in line for word in (': expected ', ', found ', '; '))
