"""What the tests of the node share: processes that run it, and a client on the same graph."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

sys.path.insert(0, str(Path(__file__).parent))

from node_control import NodeProcess
from ros_client import RosClient

CONVERT_COLORS = """
import numpy
from cv_bridge.boost.cv_bridge_boost import cvtColor2
cvtColor2(numpy.zeros((1, 1, 3), numpy.uint8), 'bgr8', 'rgb8')
"""


@pytest.fixture(scope='session')
def real_bridge() -> Any:
    """Provide the installed cv_bridge, if any; built for another NumPy it would end the tests."""
    cv_bridge = pytest.importorskip('cv_bridge', reason='cv_bridge is not installed')
    command = [sys.executable, '-c', CONVERT_COLORS]
    if subprocess.run(command, capture_output=True, timeout=60).returncode != 0:
        pytest.skip('cv_bridge was built for another NumPy')
    return cv_bridge.CvBridge()


@pytest.fixture
def start_node() -> Iterator[Callable[..., NodeProcess]]:
    """Start node processes that end with the test."""
    processes: list[NodeProcess] = []

    def start(*args: str, **options: Any) -> NodeProcess:
        processes.append(NodeProcess(*args, **options))
        return processes[-1]

    yield start
    for process in processes:
        process.end()


@pytest.fixture(scope='module')
def client() -> Iterator[RosClient]:
    """Publish to and hear from nodes in other processes."""
    client = RosClient()
    yield client
    client.close()


@pytest.fixture(scope='module')
def context() -> Iterator[Context]:
    """Join the graph."""
    context = Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


@pytest.fixture
def make_node(context: Context) -> Iterator[Callable[..., Node]]:
    """Make nodes in this process, whose parameters have the values given."""
    nodes: list[Node] = []

    def make(**values: Any) -> Node:
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        nodes.append(Node('test', context=context, parameter_overrides=overrides))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


@pytest.fixture(autouse=True)
def forget(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove what a test has created on the module's client."""
    yield
    if 'client' in request.fixturenames:
        request.getfixturevalue('client').reset()
