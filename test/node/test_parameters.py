"""Tests of the parameters, on a real node, and of the files that repeat them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from segnet_ros.node.parameters import declare_parameters
from segnet_ros.node.parameters import ParameterError
from segnet_ros.node.parameters import Parameters
from segnet_ros.node.parameters import read_parameters
import yaml

CONFIG = Path(__file__).parents[2] / 'config' / 'segnet.yaml'


@pytest.fixture(scope='module')
def context() -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


@pytest.fixture
def make_node(context: Context) -> Iterator[Callable[..., Node]]:
    nodes: list[Node] = []

    def make(**values: Any) -> Node:
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        nodes.append(Node('test', context=context, parameter_overrides=overrides))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def test_without_overrides_the_defaults_count(make_node: Callable[..., Node]) -> None:
    assert declare_parameters(make_node()) == Parameters()


def test_given_values_count(make_node: Callable[..., Node]) -> None:
    values = declare_parameters(
        make_node(device='cuda:1', input_height=360, input_width=480, overlay_opacity=1.0)
    )
    assert values == Parameters(
        device='cuda:1', input_height=360, input_width=480, overlay_opacity=1.0
    )
    assert values.input_size == (360, 480)


def test_input_size_is_the_checkpoints_unless_given() -> None:
    assert Parameters().input_size is None


@pytest.mark.parametrize(
    ('values', 'found'),
    [
        ({'overlay_opacity': 1.5}, '1.5'),
        ({'overlay_opacity': 1}, 'INTEGER'),
        ({'overlay_opacity': float('nan')}, 'nan'),
        ({'cpu_threads': -1}, '-1'),
        ({'cpu_threads': 'all'}, 'STRING'),
        ({'device': 0}, 'INTEGER'),
        ({'precision': 'fp8'}, "'fp8'"),
        ({'input_reliability': 'best'}, "'best'"),
        ({'input_height': 360}, '360 and 0'),
        ({'input_height': 31, 'input_width': 480}, '31 and 480'),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_it(
    make_node: Callable[..., Node], values: dict[str, Any], found: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        declare_parameters(make_node(**values))
    text = str(caught.value)
    assert all(name in text for name in values)
    assert 'expected' in text
    assert found in text
    assert '\n' not in text


def test_a_change_at_run_time_is_read_and_a_wrong_one_is_not(
    make_node: Callable[..., Node],
) -> None:
    node = make_node()
    declare_parameters(node)
    (result,) = node.set_parameters([Parameter('overlay_opacity', value=0.25)])
    assert result.successful
    assert read_parameters(node).overlay_opacity == 0.25
    for wrong in (
        Parameter('overlay_opacity', value=3.0),
        Parameter('overlay_opacity', value='1'),
    ):
        (result,) = node.set_parameters([wrong])
        assert not result.successful
    assert read_parameters(node).overlay_opacity == 0.25


def test_only_what_may_change_at_run_time_can(make_node: Callable[..., Node]) -> None:
    node = make_node()
    declare_parameters(node)
    for entry in fields(Parameters):
        (result,) = node.set_parameters([Parameter(entry.name, value=entry.default)])
        assert result.successful == (entry.name == 'overlay_opacity')


def test_every_parameter_has_a_text(make_node: Callable[..., Node]) -> None:
    node = make_node()
    declare_parameters(node)
    for entry in fields(Parameters):
        assert node.describe_parameter(entry.name).description


def test_the_configuration_file_shows_every_parameter_with_its_default() -> None:
    lines = CONFIG.read_text().splitlines()
    assert all(line.lstrip().startswith('#') for line in lines if line)
    names = [entry.name for entry in fields(Parameters)]
    shown = ['/**:', '  ros__parameters:']
    shown += [
        line.replace('# ', '', 1)
        for line in lines
        if line.strip('# ').partition(':')[0] in names and line.startswith('    # ')
    ]
    defaults = {entry.name: entry.default for entry in fields(Parameters)}
    assert yaml.safe_load('\n'.join(shown)) == {'/**': {'ros__parameters': defaults}}
    assert all(f'# {line}' in lines for line in shown[:2])
