"""What the tests of the page share: a server of it, with a small network."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / 'node'))  # its ros_client

if TYPE_CHECKING:
    from page_server import PageServer


@pytest.fixture(scope='session')
def serve(small_checkpoint: Path) -> Iterator[Callable[..., PageServer]]:
    """Start servers in this process, that end with the tests."""
    pytest.importorskip('uvicorn', reason='needs the extra web')
    from page_server import PageServer

    servers: list[PageServer] = []

    def start(**options: Any) -> PageServer:
        servers.append(PageServer(small_checkpoint, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope='session')
def server(serve: Callable[..., PageServer]) -> PageServer:
    """Serve the page as segnet_web does, with its limits."""
    return serve()
