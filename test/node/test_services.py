"""Tests of the node's own services: reload, enable and reset_statistics."""

from __future__ import annotations

from collections.abc import Callable
import time

from node_control import NodeProcess
import pytest
from ros_client import make_image
from ros_client import RosClient
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger
from test_lifecycle import flow
from test_lifecycle import IMAGE
from test_lifecycle import start_unconfigured
from test_overload import assert_sums_up

pytestmark = pytest.mark.ros


def test_another_network_takes_over_while_images_flow(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node('--delay', '0.02')
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    flow(client, heard)
    client.set_parameter('segnet', 'checkpoint', 'slow')
    camera = client.advertise()
    before = len(node.reports)

    def publish() -> None:
        camera.publish(make_image(IMAGE))

    start = time.monotonic()
    answer = client.call(Trigger, 'segnet/reload', Trigger.Request(), publish)
    assert answer.success, answer.message
    assert '2 classes of stand-in' in answer.message
    assert time.monotonic() - start > 0.9
    loading = [report for report in node.reports[before:] if report['checkpoint'] != 'slow']
    assert len(loading) > 10, 'no images while the other network was loading'
    flow(client, heard)
    assert node.reports[-1]['checkpoint'] == 'slow'
    client.spin_for(1.2)
    assert_sums_up(statuses)


@pytest.mark.parametrize(
    ('checkpoint', 'words'),
    [('broken', 'found a fish'), ('other', 'expected a checkpoint with the classes this, that')],
)
def test_a_network_that_is_refused_leaves_the_old_one(
    client: RosClient, start_node: Callable[..., NodeProcess], checkpoint: str, words: str
) -> None:
    node = start_node()
    heard = client.record('segnet/label')
    flow(client, heard)
    client.set_parameter('segnet', 'checkpoint', checkpoint)
    answer = client.call(Trigger, 'segnet/reload', Trigger.Request())
    assert not answer.success
    assert answer.message.startswith('kept the old network: ')
    assert words in answer.message
    flow(client, heard)
    assert node.reports[-1]['checkpoint'] == ''


def test_a_node_that_has_loaded_nothing_cannot_reload(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_unconfigured(client, start_node)
    answer = client.call(Trigger, 'segnet/reload', Trigger.Request())
    assert not answer.success
    assert 'found it not configured' in answer.message


def test_images_are_dropped_while_disabled_and_counts_begin_anew(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    start_node()
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    flow(client, heard)
    assert client.call(SetBool, 'segnet/enable', SetBool.Request(data=False)).success
    client.spin_for(0.3)
    before = len(heard)
    client.spin_until(lambda: statuses)
    camera = client.advertise()
    client.publish_until(
        camera,
        lambda: make_image(IMAGE),
        lambda: int(statuses[-1].get('dropped: disabled', 0)) > 3,
    )
    assert len(heard) == before
    assert client.call(SetBool, 'segnet/enable', SetBool.Request(data=True)).success
    flow(client, heard)
    assert client.call(Trigger, 'segnet/reset_statistics', Trigger.Request()).success
    client.spin_until(lambda: statuses[-1]['received'] == '0')
    assert 'dropped: disabled' not in statuses[-1]
    flow(client, heard)
    assert_sums_up(statuses)
