"""Tests of the node's states, as a process on a real graph."""

from __future__ import annotations

from collections.abc import Callable
import random
import signal
import time
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from lifecycle_msgs.srv import GetState
from node_control import make_parameter_arguments
from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from test_failure import assert_clean_exit
from test_failure import LIMIT_S
from test_overload import assert_sums_up

pytestmark = pytest.mark.ros

IMAGE = np.zeros((8, 12, 3), np.uint8)


def start_unconfigured(
    client: RosClient, start_node: Callable[..., NodeProcess], *args: str, **values: object
) -> tuple[NodeProcess, list[dict[str, str]]]:
    """
    Start a node that is managed from outside; return it with what it says of itself.

    :param args: of ``node_process.py``
    :param values: of parameters
    """
    statuses = client.record_diagnostics()
    node = start_node(*args, *make_parameter_arguments({'autostart': False, **values}))
    client.spin_until(lambda: statuses)  # and so each has discovered the other
    return node, statuses


def change_state(client: RosClient, transition: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return bool(client.call(ChangeState, 'segnet/change_state', request).success)


def read_state(client: RosClient) -> str:
    return str(client.call(GetState, 'segnet/get_state', GetState.Request()).current_state.label)


def flow(client: RosClient, heard: list[Any]) -> None:
    """Publish until more is heard."""
    before = len(heard)
    camera = client.advertise()
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: len(heard) > before + 2)
    client.node.destroy_publisher(camera)


def test_a_node_starts_itself(client: RosClient, start_node: Callable[..., NodeProcess]) -> None:
    node = start_node()
    node.wait_for('ready')
    assert read_state(client) == 'active'


def test_a_node_that_has_ended_is_gone_from_the_graph(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    """Not only once DDS believes it dead, after 20 s in which others see two of its name."""
    node = start_node('--ros-args', '-r', '__node:=leaving')
    node.wait_for('ready')
    client.spin_until(lambda: 'leaving' in client.node.get_node_names(), 'node')
    node.signal(signal.SIGTERM)
    assert_clean_exit(node)
    client.spin_until(lambda: 'leaving' not in client.node.get_node_names(), 'end', timeout_s=5)


def test_a_managed_node_goes_through_its_states(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node, statuses = start_unconfigured(client, start_node, '--load', '1.5')
    heard = client.record('segnet/label')
    assert read_state(client) == 'unconfigured'
    assert statuses[-1]['message'] == 'not configured: no network is loaded'
    assert 'loading [' not in node.output
    assert change_state(client, Transition.TRANSITION_CONFIGURE)
    assert 'warming up' in node.output
    assert any(status['message'] == 'loading the network' for status in statuses)
    assert read_state(client) == 'inactive'
    for _ in range(2):
        assert change_state(client, Transition.TRANSITION_ACTIVATE)
        flow(client, heard)
        assert change_state(client, Transition.TRANSITION_DEACTIVATE)
        camera = client.advertise()
        client.spin_for(0.5)
        assert camera.get_subscription_count() == 0
        client.node.destroy_publisher(camera)
    client.spin_until(lambda: statuses[-1]['message'].startswith('inactive'))
    assert change_state(client, Transition.TRANSITION_CLEANUP)
    assert read_state(client) == 'unconfigured'
    assert change_state(client, Transition.TRANSITION_CONFIGURE)
    assert node.output.count('warming up') == 2
    assert change_state(client, Transition.TRANSITION_ACTIVATE)
    flow(client, heard)
    assert_sums_up(statuses)


def test_a_network_that_cannot_be_loaded_leaves_a_managed_node_as_it_was(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node, _ = start_unconfigured(client, start_node, checkpoint='broken')
    assert not change_state(client, Transition.TRANSITION_CONFIGURE)
    assert read_state(client) == 'unconfigured'
    assert 'found a fish' in node.wait_for('ERROR')
    client.set_parameter('segnet', 'checkpoint', '')
    assert change_state(client, Transition.TRANSITION_CONFIGURE)


def test_a_transition_that_the_state_does_not_have_is_refused_and_harms_nothing(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node()
    node.wait_for('ready')
    heard = client.record('segnet/label')
    flow(client, heard)
    assert not change_state(client, Transition.TRANSITION_CONFIGURE)
    assert not change_state(client, Transition.TRANSITION_CLEANUP)
    assert read_state(client) == 'active'
    flow(client, heard)


def test_no_image_waits_for_the_next_activation(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node('--delay', '0.5').wait_for('ready')
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    flow(client, heard)
    camera = client.advertise()
    for _ in range(5):  # one in progress, one that waits
        camera.publish(make_image(IMAGE))
        client.spin_for(0.05)
    assert change_state(client, Transition.TRANSITION_DEACTIVATE)
    client.spin_for(1.0)
    before = len(heard)
    client.spin_for(1.5)
    assert len(heard) == before
    assert statuses[-1]['waiting'] == statuses[-1]['in progress'] == '0'
    assert_sums_up(statuses)


@pytest.mark.parametrize('is_activated_at_once', [False, True])
def test_an_image_in_progress_is_not_published_after_the_deactivation(
    client: RosClient, start_node: Callable[..., NodeProcess], is_activated_at_once: bool
) -> None:
    node = start_node('--delay', '1.0')
    statuses, heard = client.record_diagnostics(), client.record('segnet/label')
    service = client.find_service(ChangeState, 'segnet/change_state')
    camera = client.advertise()
    client.publish_until(
        camera, lambda: make_image(IMAGE), lambda: heard and len(node.reports) > len(heard)
    )
    steps = [Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE]
    for step in steps[: 1 + is_activated_at_once]:
        request = ChangeState.Request(transition=Transition(id=step))
        assert client.ask(service, request).success
    reports, labels = len(node.reports), len(heard)
    assert labels < reports  # it came in time
    client.spin_for(2.5)
    assert len(heard) == labels
    assert (statuses[-1]['in progress'], statuses[-1]['processed']) == ('0', str(labels))
    assert int(statuses[-1]['dropped: inactive']) > 0
    assert_sums_up(statuses)
    if is_activated_at_once:
        client.publish_until(camera, lambda: make_image(IMAGE), lambda: len(heard) > labels)


def test_a_subscription_that_cannot_be_made_ends_the_start(
    start_node: Callable[..., NodeProcess],
) -> None:
    node = start_node('--ros-args', '-p', 'qos_overrides./image_raw.subscription.history:=bogus')
    code, _ = node.wait_for_exit()
    assert code == 1
    assert 'cannot hear the cameras' in node.output
    assert 'Traceback' not in node.output


def bring_to_state(
    client: RosClient, start_node: Callable[..., NodeProcess], state: str
) -> NodeProcess:
    """Start a node, and bring it to a state in which nothing is segmented."""
    load_s = '30' if state == 'configuring' else '0'
    node, _ = start_unconfigured(client, start_node, '--load', load_s)
    assert read_state(client) == 'unconfigured'
    if state == 'configuring':
        begin_to_configure(client, node)
    elif state == 'inactive':
        assert change_state(client, Transition.TRANSITION_CONFIGURE)
    elif state == 'finalized':
        assert change_state(client, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
    return node


def begin_to_configure(client: RosClient, node: NodeProcess) -> None:
    """Ask for it, and again if nobody heard; it will be answered when all is loaded."""
    service = client.find_service(ChangeState, 'segnet/change_state')
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    client.request_until(service, request, lambda _: 'loading [' in node.output, 'loading')
    client.node.destroy_client(service)


SIGNALS = [signal.SIGINT, signal.SIGTERM]
STATES = ['unconfigured', 'configuring', 'inactive', 'finalized']
"""But for the active one, of which test_failure tells."""


@pytest.mark.parametrize('number', SIGNALS)
@pytest.mark.parametrize('state', STATES)
def test_a_signal_ends_the_node_cleanly_in_every_state(
    client: RosClient, start_node: Callable[..., NodeProcess], number: signal.Signals, state: str
) -> None:
    node = bring_to_state(client, start_node, state)
    node.signal(number)
    assert_clean_exit(node)


@pytest.mark.soak
@pytest.mark.parametrize('number', SIGNALS)
@pytest.mark.parametrize('state', STATES)
def test_a_signal_ends_the_node_cleanly_a_hundred_times_in_every_state(
    client: RosClient, start_node: Callable[..., NodeProcess], number: signal.Signals, state: str
) -> None:
    choose = random.Random(f'{state} {number}')
    for _ in range(50):
        node = bring_to_state(client, start_node, state)
        time.sleep(choose.uniform(0, 0.3))
        node.signal(number)
        assert_clean_exit(node, LIMIT_S)
        client.reset()
