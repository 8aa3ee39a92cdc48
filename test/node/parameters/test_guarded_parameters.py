"""Parameters that another thread reads while they change."""

from __future__ import annotations

from collections.abc import Iterator
import sys
import threading

import pytest
from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.context import Context
from rclpy.parameter import Parameter
from segnet_ros.node.parameters.guarded import GuardedParameters
from segnet_ros.node.parameters.record import declare_parameters
from segnet_ros.node.parameters.segnet_parameters import Parameters

READS = 3000
TOGETHER = ('overlay_opacity', 'min_confidence')


@pytest.fixture
def node() -> Iterator[GuardedParameters]:
    context = Context()
    rclpy.init(context=context)
    node = GuardedParameters('test', context=context)
    declare_parameters(node, Parameters)
    yield node
    node.destroy_node()
    context.try_shutdown()


@pytest.fixture
def _take_turns() -> Iterator[None]:
    """Let threads take turns in the middle of everything."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_s)


def set_both(node: GuardedParameters, value: float) -> None:
    changes = [Parameter(name, value=value) for name in TOGETHER]
    assert node.set_parameters_atomically(changes).successful


@pytest.mark.usefixtures('_take_turns')
def test_values_that_are_set_together_are_read_together(node: GuardedParameters) -> None:
    is_over = threading.Event()

    def change() -> None:
        value = 0.0
        while not is_over.is_set():
            value = (value + 0.25) % 1.0
            set_both(node, value)

    set_both(node, 0.5)
    writer = threading.Thread(target=change)
    writer.start()
    try:
        seen = [node.read_parameters(Parameters) for _ in range(READS)]
    finally:
        is_over.set()
        writer.join()
    assert len({values.overlay_opacity for values in seen}) > 1
    assert all(values.overlay_opacity == values.min_confidence for values in seen)


def test_a_callback_that_judges_a_change_may_read(node: GuardedParameters) -> None:
    seen = []

    def judge(changes: list[Parameter]) -> SetParametersResult:
        seen.append(node.read_parameters(Parameters).overlay_opacity)
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(judge)
    set_both(node, 0.75)
    assert seen == [0.5]
