"""The configuration of Nav2's layer, as printed, and the checkpoint that it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from segnet_ros.core.checkpoint_file import read_label_set
from segnet_ros.core.labels import load_label_set
from segnet_ros.node.nav2_config import group_classes
from segnet_ros.node.nav2_config import main
import yaml

COSTS = {
    'base_cost': int,
    'max_cost': int,
    'mark_confidence': int,
    'samples_to_max_cost': int,
    'dominant_priority': bool,
}
"""Parameters of a class type and their types, as the layer declares them."""


def print_layer(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    """Run the command and parse what it prints."""
    assert main(['--pointcloud', '/front/points', *args]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert list(printed) == ['semantic_segmentation_layer']
    layer: dict[str, Any] = printed['semantic_segmentation_layer']
    return layer


def test_every_class_is_listed_once(
    small_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = print_layer(capsys, '--checkpoint', str(small_checkpoint))['camera']
    listed = [name for kind in camera['class_types'] for name in camera[kind]['classes']]
    assert sorted(listed) == sorted(read_label_set(small_checkpoint).names)


def test_the_packaged_checkpoint_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    camera = print_layer(capsys)['camera']
    assert camera['traversable']['classes'] == ['road']
    assert 'unrated' not in camera


def test_topics_are_those_of_the_node(capsys: pytest.CaptureFixture[str]) -> None:
    camera = print_layer(capsys)['camera']
    assert camera['segmentation_topic'] == '/segnet/label'
    assert camera['confidence_topic'] == '/segnet/confidence'
    assert camera['labels_topic'] == '/segnet/label_info'
    assert camera['pointcloud_topic'] == '/front/points'
    camera = print_layer(capsys, '--prefix', 'robot1/segnet/')['camera']
    assert camera['segmentation_topic'] == '/robot1/segnet/label'


def test_every_value_has_the_type_that_the_layer_declares(
    capsys: pytest.CaptureFixture[str],
) -> None:
    layer = print_layer(capsys)
    assert layer['plugin'] == 'semantic_segmentation_layer::SemanticSegmentationLayer'
    assert (layer['enabled'], layer['combination_method']) == (True, 1)
    camera = layer[layer['observation_sources']]
    for name in ('max_obstacle_distance', 'min_obstacle_distance', 'tile_map_decay_time'):
        assert type(camera[name]) is float, f'{name}: the layer refuses an integer'
    assert camera['use_cost_selection'] is True
    for kind in camera['class_types']:
        costs = dict(camera[kind])
        assert costs.pop('classes'), f'{kind}: the layer reports a type without classes as error'
        assert {name: type(value) for name, value in costs.items()} == COSTS
        assert 0 <= costs['base_cost'] <= costs['max_cost'] <= 254


def test_people_cost_most_and_the_road_nothing() -> None:
    kinds = {name: kind for kind in group_classes(('road', 'pedestrian')) for name in kind.classes}
    assert kinds['pedestrian'].base_cost == kinds['pedestrian'].max_cost == 254
    assert kinds['road'].max_cost == 0


def test_classes_of_other_names_change_nothing() -> None:
    names = load_label_set('sunrgbd').names
    kinds = group_classes(names)
    assert [kind.name for kind in kinds] == ['unrated']
    assert kinds[0].classes == names
    assert kinds[0].max_cost == 0


def test_names_stay_texts(
    small_checkpoint: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser of ROS reads 1e5 as a number and yes as true where they have no quotes."""
    names = ('no', '1e5', 'a: b', 'Straße', '"quoted" # and not', "o'clock")
    label_set = load_label_set('camvid')
    object.__setattr__(label_set, 'names', names)
    monkeypatch.setattr('segnet_ros.node.nav2_config.read_label_set', lambda path: label_set)
    assert main(['--pointcloud', '/points']) == 0
    printed = capsys.readouterr().out
    assert '["no", "1e5",' in printed
    camera = yaml.safe_load(printed)['semantic_segmentation_layer']['camera']
    assert tuple(camera['unrated']['classes']) == names


def test_bad_input_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / 'none.safetensors')
    assert main(['--pointcloud', '/points', '--checkpoint', missing]) == 1
    output = capsys.readouterr()
    assert output.out == ''
    (line,) = output.err.splitlines()
    assert line.startswith(f"segnet_nav2_config: error: no checkpoint at '{missing}': expected")


@pytest.mark.parametrize('args', [[], ['--pointcloud', 'a b'], ['--pointcloud', '']])
def test_the_point_cloud_must_be_given(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(args)
    assert exit_.value.code == 2
    assert '--pointcloud' in capsys.readouterr().err
