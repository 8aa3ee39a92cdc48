"""Answer an upload with its labels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextlib import ExitStack
import logging
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.predictor import Predictor
from segnet_ros.web.file_kind import FileKind
from segnet_ros.web.inference_queue import InferenceQueue
from segnet_ros.web.limits import Limits
from segnet_ros.web.picture import check_picture
from segnet_ros.web.picture import decode_picture
from segnet_ros.web.record import make_end
from segnet_ros.web.record import make_error
from segnet_ros.web.record import make_image
from segnet_ros.web.record import make_start
from segnet_ros.web.refusal import RefusalError
from segnet_ros.web.upload import UploadReader
from segnet_ros.web.video import Video
from starlette.requests import ClientDisconnect
from starlette.requests import Request
from starlette.responses import Response
from starlette.responses import StreamingResponse
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

MEDIA_TYPE = 'application/x-ndjson'
LOGGER = logging.getLogger('segnet_web')
_GONE = 499
"""Status of an answer that nobody hears; it has no number of its own."""
T = TypeVar('T')


class Segmentation:
    """Answers uploads, of which a few wait while one is computed."""

    def __init__(self, predictor: Predictor, queue: InferenceQueue, limits: Limits) -> None:
        """
        Prepare to answer.

        :param predictor: used on the queue's thread alone
        """
        self._predictor = predictor
        self._queue = queue
        self._limits = limits

    async def answer(self, request: Request) -> Response:
        """Label the body of a request, a picture or a video; a refusal says why it cannot be."""
        try:
            return await self._answer(request)
        except RefusalError as refusal:
            return refusal.to_response()  # the rest of the body is skipped by the server
        except ClientDisconnect:
            return Response(status_code=_GONE)

    async def _answer(self, request: Request) -> Response:
        with ExitStack() as held:
            held.enter_context(self._queue.admit())
            kind, data = await UploadReader(request, self._limits).read()
            if kind is FileKind.PICTURE:
                check_picture(data, self._limits)
                line = await self._run_for(request, lambda: self._label_picture(data))
                return Response(make_start(1, 0) + line + make_end(), media_type=MEDIA_TYPE)
            video = await self._run_for(request, lambda: Video(data, self._limits))
            held.callback(self._queue.submit, video.release)
            return _RecordStream(self._label_video(video), held.pop_all())

    def _label_picture(self, data: bytes) -> bytes:
        return self._label(decode_picture(data))

    async def _label_video(self, video: Video) -> AsyncIterator[bytes]:
        """Label image by image, so that other uploads have their turn in between."""
        yield make_start(video.count, video.rate)
        try:
            while line := await self._queue.run(lambda: self._label_next(video)):
                yield line
        except RefusalError as refusal:
            yield make_error(str(refusal))
        except Exception as error:
            yield make_error(str(_describe_failure(error)))
        else:
            most = self._limits.video_images
            yield make_end(f'only the first {most} images were labeled' if video.is_cut else '')

    def _label_next(self, video: Video) -> bytes | None:
        image = video.read()
        return None if image is None else self._label(image)

    def _label(self, image: NDArray[np.uint8]) -> bytes:
        label = self._predictor.predict(image, ('label',)).label
        assert label is not None
        return make_image(image, label)

    async def _run_for(self, request: Request, function: Callable[[], T]) -> T:
        """
        Compute on the queue's thread, unless the one who asked is gone before it is their turn.

        :param request: whose body has been read
        """
        work = asyncio.ensure_future(self._queue.run(function))
        is_gone = asyncio.ensure_future(_wait_until_gone(request))
        try:
            await asyncio.wait((work, is_gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ClientDisconnect
            return work.result()
        except (RefusalError, ClientDisconnect):
            raise
        except Exception as error:
            raise _describe_failure(error) from error
        finally:
            work.cancel()
            is_gone.cancel()


class _RecordStream(StreamingResponse):
    """A stream that lets go of what it holds, however it ends."""

    def __init__(
        self, records: AsyncIterator[bytes], held: AbstractContextManager[object]
    ) -> None:
        super().__init__(records, media_type=MEDIA_TYPE)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await super().__call__(scope, receive, send)


def _wait_until_gone(request: Request) -> Awaitable[object]:
    """Wait for the one message that comes after the body."""
    return request.receive()


def _describe_failure(error: Exception) -> RefusalError:
    """Log what nobody expected, and tell of it in a line."""
    LOGGER.error('labeling failed', exc_info=error)
    text = ' '.join(str(error).split())[:200]
    return RefusalError(
        500,
        f'expected the network to label this, found {type(error).__name__} ({text}); the log of'
        ' segnet_web has more',
    )
