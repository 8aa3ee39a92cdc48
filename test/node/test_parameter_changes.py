"""Every parameter on one running node: good values count, bad ones change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lifecycle_msgs.msg import Transition
from node_control import make_parameter_arguments
from node_control import NodeProcess
from parameter_effects import CASES
from parameter_effects import EFFECTS
from parameter_effects import ENTRIES
from parameter_effects import RunningNode
from parameter_effects import see_opacity
from parameter_effects import see_selection
import pytest
from ros_client import RosClient
from test_lifecycle import change_state

pytestmark = pytest.mark.ros

AT_START = [name for name, entry in ENTRIES.items() if entry.metadata['read_only']]
CHANGEABLE = [name for name in ENTRIES if name not in AT_START]


def default_of(name: str) -> Any:
    """Read the default of a parameter, as ROS holds it."""
    default = ENTRIES[name].default
    return list(default) if isinstance(default, tuple) else default


@pytest.fixture(scope='module')
def running(client: RosClient) -> Iterator[RunningNode]:
    values = {name: case.good for name, case in CASES.items() if name in AT_START}
    node = NodeProcess('--dropout', *make_parameter_arguments(values))
    try:
        statuses = client.record_diagnostics()
        client.spin_until(lambda: statuses)
        # What a node that starts itself would not say.
        assert statuses[-1]['message'] == 'not configured: no network is loaded'
        assert change_state(client, Transition.TRANSITION_CONFIGURE)
        assert change_state(client, Transition.TRANSITION_ACTIVATE)
        yield RunningNode(client, node)
    finally:
        node.end()


@pytest.mark.parametrize('name', AT_START)
def test_what_was_given_at_the_start_counts_and_stays(running: RunningNode, name: str) -> None:
    before = running.read_all()
    result = running.set(name, default_of(name))
    assert not result.successful
    assert 'read-only' in result.reason
    assert name in result.reason
    assert running.read_all() == before
    EFFECTS[name](running)


@pytest.mark.parametrize('name', CHANGEABLE)
def test_a_good_value_counts_from_now_on(running: RunningNode, name: str) -> None:
    before = running.read_all()
    assert running.set(name, CASES[name].good).successful
    try:
        EFFECTS[name](running)
    finally:
        assert running.set(name, default_of(name)).successful
    assert running.read_all() == before


@pytest.mark.parametrize('name', CHANGEABLE)
def test_a_bad_value_is_refused_with_the_reason_and_so_is_all_that_comes_with_it(
    running: RunningNode, name: str
) -> None:
    before = running.read_all()
    bad = (name, CASES[name].bad)
    result = running.set(*bad)
    assert not result.successful
    assert any(word in result.reason for word in ('out of range', 'type', 'expected'))
    assert running.read_all() == before
    others = [
        (other, case.good)
        for other, case in CASES.items()
        if other in CHANGEABLE and other != name
    ]
    for changes in ([bad, *others], [*others, bad]):
        assert running.set_together(*changes).reason == result.reason
        assert running.read_all() == before


def test_good_values_are_set_together(running: RunningNode) -> None:
    before = running.read_all()
    assert running.set_together(('overlay_opacity', 0.25), ('min_confidence', 0.5)).successful
    see_opacity(running)
    see_selection(running, 1, 0.5)
    assert running.set_together(('overlay_opacity', 0.5), ('min_confidence', 0.0)).successful
    assert running.read_all() == before
