"""Tests of the parameters of both nodes, on a real node, and of the files that repeat them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
import re
from typing import Any

import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from segnet_ros.core.encoder import MIN_SIZE
from segnet_ros.node.parameters.record import declare_parameters
from segnet_ros.node.parameters.record import describe_parameters
from segnet_ros.node.parameters.record import ParameterError
from segnet_ros.node.parameters.record import read_parameters
from segnet_ros.node.parameters.record import SMALLEST_SIDE
from segnet_ros.node.parameters.segnet_parameters import CameraParameters
from segnet_ros.node.parameters.segnet_parameters import Parameters
from segnet_ros.node.parameters.segnet_parameters import prefix_of
from segnet_ros.node.parameters.table import make_table
from segnet_ros.node.source.parameters import SourceParameters
import yaml

CONFIG = Path(__file__).parents[3] / 'config' / 'segnet.yaml'
PARAMETER_LINE = re.compile('    # [a-z][a-z0-9_.]*: ')
"""Of that file; no line of its text begins so."""
RECORDS = [Parameters, CameraParameters, SourceParameters]
CHANGEABLE = {
    'checkpoint',
    'checkpoint_sha256',
    'overlay_opacity',
    'classes',
    'min_confidence',
    'mc_samples',
    'jpeg_quality',
    'png_level',
    'max_age',
    'expected_rate',
    'stall_timeout',
    'max_latency_warn_ms',
    'enabled',
    'max_rate',
}


def as_value(default: Any) -> Any:
    """Turn a default into what ROS holds."""
    return list(default) if isinstance(default, tuple) else default


@pytest.mark.parametrize('record', RECORDS)
def test_without_overrides_the_defaults_count(
    make_node: Callable[..., Node], record: type[Any]
) -> None:
    assert declare_parameters(make_node(), record) == record()


def test_given_values_count(make_node: Callable[..., Node]) -> None:
    given = {
        'device': 'cuda:1',
        'input_height': 360,
        'input_width': 480,
        'input_reliability': 'best_effort',
        'overlay_opacity': 1.0,
    }
    values = declare_parameters(make_node(**given), Parameters)
    assert values == Parameters(**given)
    assert values.input_size == (360, 480)


def test_the_smallest_size_is_that_of_the_network() -> None:
    assert SMALLEST_SIDE == MIN_SIZE, 'stated twice, because parameters come before PyTorch'


def test_the_size_is_that_of_the_input_unless_given() -> None:
    assert Parameters().input_size is None
    assert SourceParameters().size is None
    assert SourceParameters(height=32, width=48).size == (32, 48)


@pytest.mark.parametrize('source', ['0', 0])
def test_the_number_of_a_webcam_may_be_an_integer(
    make_node: Callable[..., Node], source: object
) -> None:
    assert declare_parameters(make_node(source=source), SourceParameters).source == '0'


@pytest.mark.parametrize(
    ('record', 'values', 'words'),
    [
        (Parameters, {'overlay_opacity': 1.5}, ['double from 0.0 to 1.0', '1.5']),
        (Parameters, {'overlay_opacity': 1}, ['double', '1 (integer)', 'overlay_opacity:=1.0']),
        (Parameters, {'overlay_opacity': float('nan')}, ['from 0.0 to 1.0', 'nan']),
        (Parameters, {'cpu_threads': -1}, ['integer from 0 to 1024', '-1']),
        (Parameters, {'cpu_threads': 'all'}, ['integer', "'all' (string)"]),
        (Parameters, {'device': 0}, ['string', '0 (integer)', 'device:="auto"']),
        (Parameters, {'device': ['cpu', 'cuda']}, ['(string array)']),
        (Parameters, {'precision': 'fp8'}, ['one of auto, fp32, fp16, bf16', "'fp8'"]),
        (Parameters, {'input_reliability': 'best'}, ['reliable, best_effort', "'best'"]),
        (Parameters, {'input_height': 360}, ['input_width', 'at least 32', '360 and 0']),
        (Parameters, {'input_height': 31, 'input_width': 480}, ['at least 32', '31 and 480']),
        (SourceParameters, {'rate': 1000.0}, ['double from 0.1 to 240.0', '1000.0']),
        (SourceParameters, {'rate': 'fast'}, ['double', "'fast' (string)", 'rate:=10.0']),
        (SourceParameters, {'rate': 30}, ['30 (integer)', 'rate:=30.0']),
        (SourceParameters, {'loop': 1}, ['bool', '1 (integer)', 'loop:=true']),
        (SourceParameters, {'reliability': 'perfect'}, ['reliable, best_effort', "'perfect'"]),
        (SourceParameters, {'height': 64}, ["'height' and 'width'", '64 and 0']),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_it(
    make_node: Callable[..., Node], record: type[Any], values: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ParameterError) as caught:
        declare_parameters(make_node(**values), record)
    text = str(caught.value)
    for word in [*values, *words, ': expected ', ', found ', '; give ']:
        assert word in text
    assert '\n' not in text


def test_a_change_at_run_time_is_read_and_a_wrong_one_is_not(
    make_node: Callable[..., Node],
) -> None:
    node = make_node()
    declare_parameters(node, Parameters)
    (result,) = node.set_parameters([Parameter('overlay_opacity', value=0.25)])
    assert result.successful
    assert read_parameters(node, Parameters).overlay_opacity == 0.25
    for wrong in (
        Parameter('overlay_opacity', value=3.0),
        Parameter('overlay_opacity', value=float('nan')),
        Parameter('overlay_opacity', value='1'),
        Parameter('overlay_opacity'),
    ):
        (result,) = node.set_parameters([wrong])
        assert not result.successful
    assert read_parameters(node, Parameters).overlay_opacity == 0.25


@pytest.mark.parametrize('record', RECORDS)
def test_only_what_may_change_at_run_time_can(
    make_node: Callable[..., Node], record: type[Any]
) -> None:
    node = make_node()
    declare_parameters(node, record)
    for entry in fields(record):
        (result,) = node.set_parameters([Parameter(entry.name, value=as_value(entry.default))])
        assert result.successful == (entry.name in CHANGEABLE)


@pytest.mark.parametrize('record', RECORDS)
def test_every_parameter_has_a_text(make_node: Callable[..., Node], record: type[Any]) -> None:
    node = make_node()
    declare_parameters(node, record)
    for entry in fields(record):
        text = node.describe_parameter(entry.name).description
        assert text
        assert text in describe_parameters(record)


def test_the_help_text_shows_name_default_and_values() -> None:
    lines = describe_parameters(Parameters).splitlines()
    assert '  overlay_opacity:=0.5' in lines
    assert lines[lines.index('  overlay_opacity:=0.5') + 1].endswith('(double from 0.0 to 1.0)')
    assert lines[lines.index('  precision:="auto"') + 1].endswith(
        '(one of auto, fp32, fp16, bf16)'
    )


def test_the_configuration_file_shows_every_parameter_with_its_default() -> None:
    """Those of a camera for the camera without a name."""
    lines = CONFIG.read_text().splitlines()
    assert all(line.lstrip().startswith('#') for line in lines if line)
    defaults = {
        f'{prefix}{entry.name}': as_value(entry.default)
        for record, prefix in ((Parameters, ''), (CameraParameters, prefix_of('')))
        for entry in fields(record)
    }
    shown = ['/**:', '  ros__parameters:']
    shown += [line.replace('# ', '', 1) for line in lines if PARAMETER_LINE.match(line)]
    assert yaml.safe_load('\n'.join(shown)) == {'/**': {'ros__parameters': defaults}}
    assert all(f'# {line}' in lines for line in shown[:2])


def test_the_readme_shows_the_table_that_is_made_from_the_declarations() -> None:
    readme = CONFIG.parents[1].joinpath('README.md').read_text(encoding='utf-8')
    table = '\n'.join(make_table())
    assert f'\n{table}\n\n' in readme, 'run python -m segnet_ros.node.parameters.table'


@pytest.mark.parametrize('names', [['front', 'rear'], ['a1_B']])
def test_cameras_have_names(make_node: Callable[..., Node], names: list[str]) -> None:
    assert declare_parameters(make_node(cameras=names), Parameters).cameras == tuple(names)


@pytest.mark.parametrize(
    'names', [['front', 'front'], ['front', ''], ['a/b'], ['1st'], ['a b'], ['/front']]
)
def test_names_of_cameras_that_no_topic_can_have_are_refused(
    make_node: Callable[..., Node], names: list[str]
) -> None:
    with pytest.raises(ParameterError, match="parameter 'cameras': expected different names"):
        declare_parameters(make_node(cameras=names), Parameters)


def test_each_camera_has_parameters_of_its_own(make_node: Callable[..., Node]) -> None:
    node = make_node(**{'camera.front.max_rate': 5.0})
    assert prefix_of('') == 'camera.'
    for name, rate in (('front', 5.0), ('rear', 0.0)):
        read = declare_parameters(node, CameraParameters, prefix_of(name))
        assert read == CameraParameters(enabled=True, max_rate=rate)
    node.set_parameters([Parameter('camera.rear.enabled', value=False)])
    assert not read_parameters(node, CameraParameters, 'camera.rear.').enabled
    assert read_parameters(node, CameraParameters, 'camera.front.').enabled
