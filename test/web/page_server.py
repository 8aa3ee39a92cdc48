"""A server of the page in the process of the tests, and its clients."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from functools import partial
import http.client
import json
from pathlib import Path
import socket
import threading
from typing import Any
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.predictor import Predictor
from segnet_ros.web.app import make_app
from segnet_ros.web.guard import list_host_names
from segnet_ros.web.inference_queue import InferenceQueue
from segnet_ros.web.limits import Limits
from segnet_ros.web.live import Live
from segnet_ros.web.web import listen
import uvicorn

HOST = '127.0.0.1'
PATIENCE_S = 60.0


class Answer(NamedTuple):
    """What a server has answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def message(self) -> str:
        """Text of a refusal."""
        return str(json.loads(self.body)['message'])

    @property
    def records(self) -> list[dict[str, Any]]:
        """Lines that were streamed."""
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def labels(self) -> list[NDArray[np.uint8]]:
        """Label images of the records."""
        return [decode(record['label'], cv2.IMREAD_UNCHANGED) for record in self._images]

    @property
    def pictures(self) -> list[NDArray[np.uint8]]:
        """Images of the records, in BGR."""
        return [decode(record['picture'], cv2.IMREAD_COLOR) for record in self._images]

    @property
    def _images(self) -> list[dict[str, Any]]:
        return [record for record in self.records if record['kind'] == 'image']


def decode(text: str, flags: int) -> NDArray[np.uint8]:
    """Decode a file in base64."""
    return np.asarray(cv2.imdecode(np.frombuffer(b64decode(text), np.uint8), flags), np.uint8)


class PageServer:
    """
    Serves the page from a thread.

    :ivar predictor: that it uses
    """

    def __init__(
        self,
        checkpoint: Path,
        limits: Limits | None = None,
        topic: str = '/segnet/overlay/compressed',
        wrap: Callable[[Predictor], Any] = lambda predictor: predictor,
    ) -> None:
        """
        Start it.

        :param wrap: puts something around the predictor
        """
        limits = limits or Limits()
        self.queue = InferenceQueue(limits.uploads)
        load = partial(Predictor.from_checkpoint, checkpoint, 'cpu', 'fp32')
        self.predictor = wrap(self.queue.submit(load).result())
        names = list_host_names(HOST)
        app = make_app(self.predictor, self.queue, Live(topic), limits, names)
        self._listener = listen(HOST, 0, limits.answer_seconds)
        self.port: int = self._listener.getsockname()[1]
        self.url = f'http://{HOST}:{self.port}/'
        config = uvicorn.Config(app, log_level='error', timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))
        self._thread.start()

    def post(self, data: bytes, **headers: str) -> Answer:
        """Upload a file."""
        return self.ask('POST', '/segment', data, **headers)

    def get(self, path: str, **headers: str) -> Answer:
        """Get a file, or something that the page asks for."""
        return self.ask('GET', path, None, **headers)

    def ask(self, method: str, path: str, data: bytes | None, **headers: str) -> Answer:
        """Send a request; underscores in the names of headers stand for hyphens."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_S)
        named = {name.replace('_', '-'): value for name, value in headers.items()}
        connection.request(method, path, data, named)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def connect(self) -> socket.socket:
        """Open a connection to do something odd with."""
        return socket.create_connection((HOST, self.port), PATIENCE_S)

    def close(self) -> None:
        """End."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
