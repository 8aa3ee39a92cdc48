"""Tests of what a node says of its network, as a process on a real graph."""

from __future__ import annotations

from collections.abc import Callable
import hashlib
import re

from lifecycle_msgs.msg import Transition
from node_control import make_parameter_arguments
from node_control import NodeProcess
from node_control import REAL
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from segnet_ros.core.checkpoint_file import packaged_checkpoint
from segnet_ros.node.inference.checkpoint_source import CPU_ADVICE
from segnet_ros.node.inference.error_text import MEMORY_REMEDY
from segnet_ros.node.inference.error_text import OTHER_REMEDY
from std_srvs.srv import Trigger
from test_lifecycle import change_state

pytestmark = pytest.mark.ros

FISH = 'expected a checkpoint, found a fish; give another one'
IMAGE = np.zeros((8, 12, 3), np.uint8)


def latest(statuses: list[dict[str, str]], component: str) -> dict[str, str]:
    found = [status for status in statuses if status['name'] == f'segnet: {component}']
    return found[-1] if found else {}


def test_model_and_inference_are_described(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    node = start_node('--load', '1.5', '--warm-up', '0.5', '--delay', '0.02')
    client.spin_until(lambda: latest(statuses, 'model').get('message') == 'loading')
    assert latest(statuses, 'model')['level'] == '1'
    assert {status['hardware_id'] for status in statuses} == {'auto'}
    client.spin_until(lambda: latest(statuses, 'model').get('message') == CPU_ADVICE)
    model = latest(statuses, 'model')
    assert model['level'] == '1'
    assert model['checkpoint'] == 'the packaged one'
    assert model['classes'] == 'this, that'
    assert model['input size'] == '64x48 (width x height)'
    assert 'input 64x48 (width x height), ' in node.wait_for('ready')
    assert 1.4 < float(model['loaded in (s)']) < 10
    assert 0.4 < float(model['warmed up in (s)']) < 10
    client.spin_until(lambda: 'images per second' in latest(statuses, 'inference'))
    assert latest(statuses, 'inference')['latency p50 (ms)'] == 'unknown'

    client.record('segnet/label')
    camera = client.advertise()

    def is_steady() -> bool:
        return float(latest(statuses, 'inference')['images per second']) > 3

    client.publish_until(camera, lambda: make_image(IMAGE), is_steady)
    inference = latest(statuses, 'inference')
    assert 20 <= float(inference['latency p50 (ms)']) <= float(inference['latency max (ms)'])
    assert inference['level'] == '0'
    assert inference['last error'] == ''
    assert not [key for key in inference if 'GPU' in key]
    assert inference['hardware_id'] == model['hardware_id'] == 'stand-in'


def test_the_file_and_the_size_of_the_network_are_told(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    small = ('-p', 'input_height:=32', '-p', 'input_width:=32', '-p', 'device:=cpu')
    start_node('--ros-args', *small, program=REAL)
    client.spin_until(lambda: latest(statuses, 'model').get('message') == 'OK')
    model = latest(statuses, 'model')
    assert model['sha256'] == hashlib.sha256(packaged_checkpoint().read_bytes()).hexdigest()
    assert model['parameters'] == '29449355'
    assert model['input size'] == '32x32 (width x height)'
    assert model['hardware_id'] == 'cpu'


def test_why_a_network_is_not_used_is_told_until_another_one_is(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    values = {'autostart': False, 'checkpoint': 'broken', 'device': 'cpu'}
    start_node(*make_parameter_arguments(values))

    def await_model(level: int, text: str) -> None:
        expected = (str(level), text)

        def is_told() -> bool:
            model = latest(statuses, 'model')
            return bool(model) and (model['level'], model['message']) == expected

        client.spin_until(is_told, str(expected))

    def reload(checkpoint: str) -> bool:
        client.set_parameter('segnet', 'checkpoint', checkpoint)
        return bool(client.call(Trigger, 'segnet/reload', Trigger.Request()).success)

    await_model(2, 'no network is loaded; configure the node')
    assert not change_state(client, Transition.TRANSITION_CONFIGURE)
    await_model(2, f'no network is loaded: {FISH}')
    client.set_parameter('segnet', 'checkpoint', '')
    assert change_state(client, Transition.TRANSITION_CONFIGURE)
    await_model(0, 'OK')
    assert not reload('broken')
    await_model(1, f'kept the old network: {FISH}')
    assert not reload('other')
    await_model(
        1,
        'kept the old network: expected a checkpoint with the classes this, that, found these,'
        ' those; start the node anew to change its classes',
    )
    assert reload('there')
    await_model(0, 'OK')
    assert latest(statuses, 'model')['checkpoint'] == 'there'
    assert not reload('broken')
    assert change_state(client, Transition.TRANSITION_CLEANUP)
    await_model(2, 'no network is loaded; configure the node')


def test_a_failure_to_load_that_nobody_expects_is_told_in_one_line(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    start_node('--fail-load', 'RuntimeError', '--ros-args', '-p', 'autostart:=false')
    assert not change_state(client, Transition.TRANSITION_CONFIGURE)
    text = f'no network is loaded: RuntimeError: {FISH}'
    client.spin_until(lambda: latest(statuses, 'model').get('message') == text, text)


@pytest.mark.parametrize(
    ('plan', 'why'),
    [
        ((), f'RuntimeError: planned failure; {OTHER_REMEDY}'),
        (
            ('--fail-with', 'OutOfMemoryError'),
            f'OutOfMemoryError: planned failure; {MEMORY_REMEDY}',
        ),
    ],
)
def test_failures_are_told_with_a_remedy_until_an_image_is_segmented(
    client: RosClient, start_node: Callable[..., NodeProcess], plan: tuple[str, ...], why: str
) -> None:
    statuses = client.record_network_diagnostics()
    of_camera = client.record_diagnostics()
    period = ('--ros-args', '-p', 'diagnostics_period:=0.1')
    node = start_node(*plan, '--fail-at', '1', '2', *period)
    heard = client.record('segnet/label')
    camera = client.advertise()
    # Slower than the diagnostics, so that each failure is in one of them.
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: heard, period_s=0.5)
    told = {(status['level'], status['message']) for status in statuses + of_camera}
    assert ('2', f'failed for 2 images in a row: {why}') in told
    assert ('2', f'images refused (inference_failed): {why}') in told
    assert len([line for line in node.lines if line.endswith(why)]) == 2
    client.spin_until(lambda: latest(statuses, 'inference').get('level') == '0')
    assert latest(statuses, 'inference')['last error'] == why
    assert client.call(Trigger, 'segnet/reset_statistics', Trigger.Request()).success
    client.spin_until(lambda: latest(statuses, 'inference')['last error'] == '', 'no error')


def test_a_gpu_tells_of_its_time_and_its_memory(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    start_node('--gpu')
    client.spin_until(lambda: 'images per second' in latest(statuses, 'inference'))
    inference = latest(statuses, 'inference')
    assert {key: value for key, value in inference.items() if 'GPU' in key} == {
        'GPU time (ms)': '0.25',
        'GPU memory allocated (MB)': '1.5',
        'GPU memory free (MB)': '2000.0',
    }


def test_inference_that_hangs_is_an_error_and_the_gpu_is_not_asked_any_more(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    node = start_node('--gpu', '--delay', '60')
    client.record('segnet/label')
    camera = client.advertise()
    client.publish_until(camera, lambda: make_image(IMAGE), lambda: node.reports)
    client.spin_until(lambda: latest(statuses, 'inference').get('level') == '2', 'error')
    inference = latest(statuses, 'inference')
    assert re.fullmatch(r'an image .* for 1\d s; start the node anew', inference['message'])
    assert not [key for key in inference if 'GPU' in key]


def test_slow_inference_is_a_warning_where_a_limit_is_given(
    client: RosClient, start_node: Callable[..., NodeProcess]
) -> None:
    statuses = client.record_network_diagnostics()
    start_node('--delay', '0.05')
    client.record('segnet/label')
    camera = client.advertise()

    def is_known() -> bool:
        return latest(statuses, 'inference').get('latency p95 (ms)', 'unknown') != 'unknown'

    client.publish_until(camera, lambda: make_image(IMAGE), is_known)
    assert latest(statuses, 'inference')['level'] == '0'
    client.set_parameter('segnet', 'max_latency_warn_ms', 20.0)
    client.spin_until(lambda: latest(statuses, 'inference')['level'] == '1', 'warning')
    text = latest(statuses, 'inference')['message']
    assert re.fullmatch(r'images take \d+ ms \(p95\), expected at most 20', text)
