"""What the tests of the node share: processes that run it, and a client on the same graph."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from node_control import NodeProcess
from ros_client import RosClient


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


@pytest.fixture(autouse=True)
def forget(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove what a test has created on the module's client."""
    yield
    if 'client' in request.fixturenames:
        request.getfixturevalue('client').reset()
