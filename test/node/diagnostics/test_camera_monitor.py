"""Tests of a camera's status message."""

from __future__ import annotations

from collections.abc import Callable
import time
from types import SimpleNamespace

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from segnet_ros.node.cameras.age import AgeWindow
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.cameras.slot import Slot
from segnet_ros.node.cameras.slot import Taken
from segnet_ros.node.diagnostics.camera_monitor import CameraMonitor
from segnet_ros.node.diagnostics.trouble import Advice
from segnet_ros.node.parameters.segnet_parameters import Parameters

CLASSES = ('sky', 'road')


@pytest.fixture
def mailbox() -> Mailbox[str]:
    return Mailbox()


@pytest.fixture
def camera(mailbox: Mailbox[str]) -> SimpleNamespace:
    return SimpleNamespace(
        slot=mailbox.open_slot(),
        ages=AgeWindow(),
        topic='/front/image_raw',
        profile=QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
        publishers=1,
        lost=4,
        disordered=2,
        encoding='rgb8',
        size=(480, 640),
        refusal='',
        last_arrival=time.monotonic(),
    )


@pytest.fixture
def monitor(camera: SimpleNamespace) -> CameraMonitor:
    return CameraMonitor('/robot1/segnet', camera)


def values_of(status: DiagnosticStatus) -> dict[str, str]:
    return {entry.key: entry.value for entry in status.values}


def process(mailbox: Mailbox[str], slot: Slot[str], finish: Callable[[Taken[str]], None]) -> None:
    slot.put('image')
    finish(mailbox.take(lambda: False)[0])


def test_every_count_is_told(
    mailbox: Mailbox[str], camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    camera.ages.add(0.25)
    process(mailbox, camera.slot, lambda taken: taken.mark_processed())
    process(mailbox, camera.slot, lambda taken: taken.mark_dropped('no_subscriber'))
    process(mailbox, camera.slot, lambda taken: taken.slot.put('next'))
    camera.slot.put('last')
    status = monitor.status('cpu', CLASSES, obstacle='', advice=Advice(), parameters=Parameters())
    assert status.level == DiagnosticStatus.OK
    assert status.name == 'robot1/segnet: front/image_raw'
    assert status.hardware_id == 'cpu'
    assert values_of(status) == {
        'received': '5',
        'processed': '1',
        'dropped': '2',
        'dropped: no_subscriber': '1',
        'dropped: replaced': '1',
        'waiting': '1',
        'in progress': '1',
        'age p50 (ms)': '250.0',
        'age p95 (ms)': '250.0',
        'age max (ms)': '250.0',
        'clock mismatch': '0',
        'received per second': 'unknown',
        'processed per second': 'unknown',
        'stamps not increasing': '2',
        'lost in transport': '4',
        'topic': '/front/image_raw',
        'encoding': 'rgb8',
        'size': '640x480 (width x height)',
        'last image (s ago)': '0.0',
        'reliability': 'best_effort',
        'durability': 'volatile',
        'history': 'keep last 1',
        'publishers': '1',
        'classes': 'sky, road',
        'advice': '',
    }


def test_unknown_values_are_called_unknown(
    camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    camera.lost = None
    camera.size = None
    camera.profile = None
    values = values_of(
        monitor.status('cpu', CLASSES, obstacle='', advice=Advice(), parameters=Parameters())
    )
    assert values['age p50 (ms)'] == 'unknown'
    assert values['lost in transport'] == 'unknown'
    assert values['size'] == 'unknown'
    assert values['reliability'] == values['durability'] == values['history'] == ''


def test_loading_is_a_warning(monitor: CameraMonitor) -> None:
    status = monitor.status(
        'auto', (), obstacle='loading the network', advice=Advice(), parameters=Parameters()
    )
    assert status.level == DiagnosticStatus.WARN
    assert 'loading' in status.message


def test_a_silent_camera_is_a_warning(camera: SimpleNamespace, monitor: CameraMonitor) -> None:
    camera.last_arrival = time.monotonic() - 3
    status = monitor.status('cpu', CLASSES, obstacle='', advice=Advice(), parameters=Parameters())
    assert status.level == DiagnosticStatus.WARN
    assert status.message.startswith('no image for 3 s; is the camera running')


def test_refused_images_are_an_error_until_none_is_refused(
    mailbox: Mailbox[str], camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    camera.refusal = 'expected rgb8, found fish; set the camera driver to rgb8'
    process(mailbox, camera.slot, lambda taken: taken.mark_dropped('bad_encoding'))
    status = monitor.status('cpu', CLASSES, obstacle='', advice=Advice(), parameters=Parameters())
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == f'images refused (bad_encoding): {camera.refusal}'
    process(mailbox, camera.slot, lambda taken: taken.mark_processed())
    assert (
        monitor.status('cpu', CLASSES, obstacle='', advice=Advice(), parameters=Parameters()).level
        == DiagnosticStatus.OK
    )


def test_implausible_ages_are_a_warning_about_clocks(
    camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    camera.ages.add(1.7e9)
    status = monitor.status('cpu', CLASSES, obstacle='', advice=Advice(), parameters=Parameters())
    assert status.level == DiagnosticStatus.WARN
    assert 'clock mismatch' in status.message
    assert values_of(status)['clock mismatch'] == '1'


def test_rates_are_measured(
    mailbox: Mailbox[str], camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    monitor.status('cpu', CLASSES, '', Advice(), Parameters())
    time.sleep(0.1)  # in which one image comes: less than 10 per second
    process(mailbox, camera.slot, lambda taken: taken.mark_processed())
    values = values_of(monitor.status('cpu', CLASSES, '', Advice(), Parameters()))
    assert 0 < float(values['received per second']) <= 10
    assert values['processed per second'] == values['received per second']


@pytest.mark.parametrize(('obstacle', 'is_slow'), [('', True), ('inactive', False)])
def test_a_slow_camera_is_a_warning_where_images_were_to_come(
    camera: SimpleNamespace, monitor: CameraMonitor, obstacle: str, is_slow: bool
) -> None:
    parameters = Parameters(expected_rate=30.0)
    monitor.status('cpu', CLASSES, obstacle, Advice(), parameters)
    time.sleep(2.1)
    camera.last_arrival = time.monotonic()
    monitor.status('cpu', CLASSES, obstacle, Advice(), parameters)
    status = monitor.status('cpu', CLASSES, '', Advice(), parameters)
    assert status.message == ('0 images per second, expected 30' if is_slow else 'OK')
    assert status.level == (DiagnosticStatus.WARN if is_slow else DiagnosticStatus.OK)


def test_old_outputs_are_a_warning_where_a_limit_is_given(
    camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    camera.ages.add(0.25)
    assert monitor.status('cpu', CLASSES, '', Advice(), Parameters()).level == DiagnosticStatus.OK
    status = monitor.status('cpu', CLASSES, '', Advice(), Parameters(max_latency_warn_ms=200.0))
    assert status.level == DiagnosticStatus.WARN
    assert status.message == 'outputs are 250 ms old (p95), expected at most 200'


def test_the_most_important_is_the_message_and_the_rest_a_value(
    mailbox: Mailbox[str], camera: SimpleNamespace, monitor: CameraMonitor
) -> None:
    limits = Parameters(max_latency_warn_ms=1.0)
    advice = Advice(input='turn it on', others=('send all', 'ask for less'))
    camera.ages.add(0.25)
    camera.ages.add(1.7e9)

    def judge(obstacle: str, advice: Advice) -> tuple[bytes, list[str]]:
        status = monitor.status('cpu', CLASSES, obstacle, advice, limits)
        return status.level, [status.message, *values_of(status)['advice'].split(' | ')]

    warning, error = DiagnosticStatus.WARN, DiagnosticStatus.ERROR
    late = 'outputs are 250 ms old (p95), expected at most 1'
    level, (*told, clocks, last) = judge('', advice)
    assert (level, told, last) == (warning, ['turn it on', 'send all', 'ask for less'], late)
    assert clocks.startswith('clock mismatch')
    camera.last_arrival -= 60.0  # dead: what follows is about a camera that lives
    assert judge('', advice) == (warning, told)
    level, (silence, *told) = judge('', Advice(others=advice.others))
    assert silence.startswith('no image for 60 s')
    assert (level, told) == (warning, ['send all', 'ask for less'])
    assert judge('inactive', advice) == (warning, ['inactive', ''])
    process(mailbox, camera.slot, lambda taken: taken.mark_dropped('bad_encoding'))
    level, (refused, *told) = judge('', advice)
    assert 'bad_encoding' in refused
    assert (level, told) == (error, ['turn it on', 'send all', 'ask for less'])
