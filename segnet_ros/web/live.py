"""Answer with the newest overlay of a running node, where ROS 2 is there."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
import re
import sys
from typing import Protocol

import anyio
from anyio.to_thread import run_sync
from segnet_ros.images.image_error import shorten
from segnet_ros.web.refusal import RefusalError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.responses import Response

WAIT_S = 3.0
"""For an image, before the page is told that there is none."""
LISTENER = 'segnet_ros.web.overlay_listener'
"""The one module that imports ROS, when somebody wants to see something live."""
_NUMBER = re.compile('[0-9]{1,18}')


class Listener(Protocol):
    """What hears the overlays of a node."""

    problem: str
    """Why it hears nothing; empty while it does."""

    def wait_for_newer(self, sequence: int, timeout_s: float) -> tuple[int, bytes] | None:
        """
        Wait for an image.

        :param sequence: number of the last one that is known, 0 for none
        :return: number and JPEG; None if there is no other in time
        """

    def close(self) -> None:
        """Leave the graph."""


class Live:
    """Listens to a topic as soon as, and as long as, somebody watches."""

    def __init__(self, topic: str) -> None:
        """
        Listen to nothing yet.

        :param topic: with compressed overlays
        """
        self._topic = topic
        self._listener: Listener | None = None
        self._lock = anyio.Lock()

    async def answer(self, request: Request) -> Response:
        """
        Answer with the first image that is newer than ``?after=``, as a JPEG.

        Whoever asks again when the image is drawn gets the newest then, however slow they are.
        Without an image in time the answer is JSON that says why.
        """
        after = request.query_params.get('after', '0')
        if not _NUMBER.fullmatch(after):
            refusal = RefusalError(
                400,
                f"expected the number of an image after ?after=, found '{shorten(after)}';"
                ' give that of X-Sequence, or 0',
            )
            return refusal.to_response()
        try:
            listener = await self._find_listener()
        except (ValueError, OSError) as error:
            return _answer_problem(str(error))
        found = await run_sync(listener.wait_for_newer, int(after), WAIT_S)
        if found is None:
            return _answer_problem(listener.problem)
        sequence, image = found
        headers = {'X-Sequence': str(sequence)}
        return Response(image, media_type='image/jpeg', headers=headers)

    def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.close()

    async def _find_listener(self) -> Listener:
        async with self._lock:
            if self._listener is None:
                self._listener = await run_sync(_start_listener, self._topic)
        return self._listener


def _start_listener(topic: str) -> Listener:
    """
    Import ROS and listen.

    :raises OSError: if that cannot be had
    """
    try:
        make: Callable[[str], Listener] = import_module(LISTENER).OverlayListener
        return make(topic)
    except ImportError as error:
        raise OSError(
            f'expected ROS 2 for {sys.executable}, found none ({error}); source its setup.bash and'
            ' start segnet_web again'
        ) from error
    except RuntimeError as error:  # of rcl: no middleware, a bad domain
        text = ' '.join(str(error).split())
        raise OSError(
            f'expected to join the ROS graph, found {text}; correct the environment and start'
            ' segnet_web again'
        ) from error


def _answer_problem(text: str) -> Response:
    return JSONResponse({'message': text})
