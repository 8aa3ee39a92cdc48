"""Tests of how the node ends: by a signal, by a wrong start, by a failure."""

from __future__ import annotations

from collections.abc import Callable
import random
import signal
import time

from node_control import NodeProcess
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient

pytestmark = pytest.mark.ros

SIGINT, SIGTERM = signal.SIGINT, signal.SIGTERM
LIMIT_S = 2.0
PATIENT_LIMIT_S = 3 * LIMIT_S
"""On a machine that also does other things."""


def assert_clean_exit(node: NodeProcess, limit_s: float = PATIENT_LIMIT_S) -> None:
    """Check that the process ends as a robot wants it to, the signal being sent already."""
    code, duration_s = node.wait_for_exit()
    assert code == 0, node.output
    assert duration_s < limit_s, node.output
    for word in ('Traceback', 'FATAL', 'ERROR', 'terminate called'):
        assert word not in node.output, node.output


def begin_image(client: RosClient, node: NodeProcess) -> list[object]:
    """Bring the node into the middle of an image; return what it will have published."""
    heard = client.record('segnet/label')
    camera = client.advertise()
    image = make_image(np.zeros((8, 12, 3), np.uint8))
    client.publish_until(camera, lambda: image, lambda: node.reports)
    return heard


@pytest.mark.parametrize('number', [SIGINT, SIGTERM])
@pytest.mark.parametrize(
    ('plan', 'sign'),
    [
        (('--load', '30'), 'loading ['),
        (('--warm-up', '30'), 'warming up'),
        ((), 'ready'),
    ],
    ids=['loading', 'warm-up', 'idle'],
)
def test_a_signal_ends_the_node_cleanly(
    start_node: Callable[..., NodeProcess],
    number: signal.Signals,
    plan: tuple[str, ...],
    sign: str,
) -> None:
    node = start_node(*plan)
    node.wait_for(sign)
    node.signal(number)
    assert_clean_exit(node)


@pytest.mark.parametrize('number', [SIGINT, SIGTERM])
@pytest.mark.parametrize('delay_s', [0.6, 30.0], ids=['soon done', 'never done'])
def test_a_signal_in_mid_inference_ends_the_node_and_nothing_more_is_published(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    number: signal.Signals,
    delay_s: float,
) -> None:
    node = start_node('--delay', str(delay_s))
    heard = begin_image(client, node)
    node.signal(number)
    assert_clean_exit(node)
    client.spin_for(0.2)
    assert not heard


def test_more_signals_change_nothing(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    node = start_node('--delay', '30')
    begin_image(client, node)
    node.signal(SIGINT, SIGINT, SIGTERM)
    client.spin_for(0.5)
    node.signal(SIGINT, SIGTERM)
    assert_clean_exit(node)


@pytest.mark.parametrize('duration_s', [0.3, 30.0])
def test_a_signal_during_the_imports_ends_the_node_cleanly(
    start_node: Callable[..., NodeProcess], duration_s: float
) -> None:
    node = start_node('--import', str(duration_s))
    node.wait_for('importing')
    node.signal(SIGINT)
    assert_clean_exit(node)


@pytest.mark.parametrize('kind', ['ValueError', 'FileNotFoundError'])
def test_what_the_predictor_cannot_load_is_told_in_one_line(
    start_node: Callable[..., NodeProcess], kind: str
) -> None:
    node = start_node('--fail-load', kind)
    code, _ = node.wait_for_exit()
    assert code == 1
    (line,) = [line for line in node.lines if 'FATAL' in line]
    assert line.endswith('expected a checkpoint, found a fish; give another one')
    assert 'Traceback' not in node.output


def test_a_wrong_parameter_is_told_in_one_line(
    start_node: Callable[..., NodeProcess],
) -> None:
    node = start_node('--ros-args', '-p', 'cpu_threads:=many')
    code, _ = node.wait_for_exit()
    assert code == 1
    (line,) = [line for line in node.lines if line != 'importing']
    assert 'FATAL' in line
    assert "'cpu_threads': expected integer from 0 to 1024, found 'many' (string); give " in line


@pytest.mark.parametrize(
    'parameter',
    ['use_sim_time:=5', 'qos_overrides./segnet/label.publisher.depth:=many'],
)
def test_a_wrong_value_of_a_parameter_of_ros_is_told_in_one_line(
    start_node: Callable[..., NodeProcess], parameter: str
) -> None:
    node = start_node('--ros-args', '-p', parameter)
    code, _ = node.wait_for_exit()
    assert code == 1
    (line,) = [line for line in node.lines if line != 'importing']
    assert 'FATAL' in line
    assert parameter.split(':=')[0] in line


@pytest.mark.parametrize('args', [('--speed', '3'), ('--ros-args', '--nonsense')])
def test_an_unknown_argument_is_told_without_a_traceback(
    start_node: Callable[..., NodeProcess], args: tuple[str, ...]
) -> None:
    node = start_node(*args)
    code, _ = node.wait_for_exit()
    assert code == 2
    assert args[-1] in node.lines[-1]
    assert 'Traceback' not in node.output


def test_a_failure_while_loading_that_nobody_expects_comes_with_its_traceback(
    start_node: Callable[..., NodeProcess],
) -> None:
    node = start_node('--fail-load', 'RuntimeError')
    code, _ = node.wait_for_exit()
    assert code == 1
    assert 'RuntimeError: expected a checkpoint' in node.output


def test_failures_of_inference_are_survived_but_not_three_in_a_row(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    period = ('--ros-args', '-p', 'diagnostics_period:=0.1')
    node = start_node('--fail-at', '1', '3', '4', '7', '8', '9', *period)
    statuses = client.record_diagnostics()
    heard = client.record('segnet/label')
    camera = client.advertise()
    image = make_image(np.zeros((8, 12, 3), np.uint8))
    client.publish_until(camera, lambda: image, lambda: heard)
    failed = 'images refused (inference_failed): RuntimeError: planned failure; '
    client.spin_until(
        lambda: any(status['message'].startswith(failed) for status in statuses), failed
    )
    client.spin_until(lambda: statuses[-1]['message'] == 'OK', 'recovery')
    client.publish_until(camera, lambda: image, lambda: len(node.reports) >= 9)
    code, _ = node.wait_for_exit()
    assert code == 1
    assert len(heard) == 3
    assert 'inference failed, 2 in a row of 3 that end the node: RuntimeError' in node.output
    assert len([line for line in node.lines if 'FATAL' in line]) == 1
    assert 'RuntimeError: planned failure' in node.output
    assert not any(int(status.get('dropped: inference_failed', 0)) > 6 for status in statuses)


@pytest.mark.soak
@pytest.mark.parametrize('number', [SIGINT, SIGTERM])
@pytest.mark.parametrize('state', ['loading', 'idle', 'mid-inference'])
def test_a_signal_ends_the_node_cleanly_a_hundred_times_per_state(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    number: signal.Signals,
    state: str,
) -> None:
    choose = random.Random(f'{state} {number}')
    for _ in range(50):
        if state == 'loading':
            node = start_node('--load', '1', '--warm-up', '1')
            node.wait_for('importing')
            time.sleep(choose.uniform(0, 2))
        elif state == 'idle':
            node = start_node()
            node.wait_for('ready')
            time.sleep(choose.uniform(0, 1.2))
        else:
            node = start_node('--delay', str(choose.choice([0.1, 0.5, 30.0])))
            begin_image(client, node)
            client.spin_for(choose.uniform(0, 0.2))
        node.signal(number)
        assert_clean_exit(node, LIMIT_S)
        client.reset()
