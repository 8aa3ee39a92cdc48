"""The configurations of RViz show what the node publishes, with the QoS that hears it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

CONFIG = Path(__file__).parents[1] / 'config'
TOPICS = {
    'segnet.rviz': {'/segnet/overlay', '/segnet/color', '/segnet/confidence'},
    'segnet_cameras.rviz': {
        f'/segnet/{camera}/{output}'
        for camera in ('front', 'rear')
        for output in ('overlay', 'color', 'confidence')
    },
}


def read_config(name: str) -> dict[str, Any]:
    """Parse a configuration."""
    values: dict[str, Any] = yaml.safe_load((CONFIG / name).read_text())
    return values


def list_displays(name: str) -> list[dict[str, Any]]:
    """List the displays of images in a configuration."""
    displays = read_config(name)['Visualization Manager']['Displays']
    return [entry for entry in displays if entry['Class'] == 'rviz_default_plugins/Image']


def test_every_configuration_is_known() -> None:
    assert {path.name for path in CONFIG.glob('*.rviz')} == set(TOPICS)


@pytest.mark.parametrize('name', TOPICS)
def test_every_output_worth_looking_at_is_shown_once(name: str) -> None:
    """Not a label image, which is black: RViz does not stretch its small class ids."""
    shown = [display['Topic']['Value'] for display in list_displays(name)]
    assert sorted(shown) == sorted(TOPICS[name])
    assert not [topic for topic in shown if 'label' in topic]


@pytest.mark.parametrize('name', TOPICS)
def test_displays_subscribe_as_the_node_publishes(name: str) -> None:
    for display in list_displays(name):
        topic = display['Topic']
        assert topic['Reliability Policy'] == 'Reliable', topic
        assert topic['Durability Policy'] == 'Volatile', topic
        assert (topic['History Policy'], topic['Depth']) == ('Keep Last', 1), topic


@pytest.mark.parametrize('name', TOPICS)
def test_displays_have_names_and_a_place(name: str) -> None:
    names = [display['Name'] for display in list_displays(name)]
    assert len(set(names)) == len(names)
    assert set(names) <= set(read_config(name)['Window Geometry'])
    for display in list_displays(name):
        assert display['Enabled'] == display['Value']


def test_of_two_cameras_only_the_overlays_are_computed_from_the_start() -> None:
    """A display that is enabled subscribes, and the node computes what is subscribed to."""
    enabled = {
        display['Topic']['Value']
        for display in list_displays('segnet_cameras.rviz')
        if display['Enabled']
    }
    assert enabled == {'/segnet/front/overlay', '/segnet/rear/overlay'}
