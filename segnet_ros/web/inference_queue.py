"""One thread that computes, and a few uploads that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from segnet_ros.web.refusal import RefusalError

T = TypeVar('T')
RETRY_AFTER_S = 5


class InferenceQueue:
    """
    Computes one thing after the other, in the order of asking, on a thread of its own.

    All of it on one thread, because CUDA keeps state per thread, and a decoder is not to be
    released while it decodes.
    """

    def __init__(self, most_uploads: int) -> None:
        """
        Start nothing yet.

        :param most_uploads: at a time
        """
        self._most_uploads = most_uploads
        self._num_uploads = 0
        self._thread = ThreadPoolExecutor(1, 'inference')

    @contextmanager
    def admit(self) -> Iterator[None]:
        """
        Let an upload in, from its first byte to its answer's last. From the event loop alone.

        :raises RefusalError: if there are as many as may be
        """
        if self._num_uploads >= self._most_uploads:
            raise RefusalError(
                503,
                f'expected up to {self._most_uploads} uploads at a time, found one more; try again'
                f' in {RETRY_AFTER_S} seconds',
                {'Retry-After': str(RETRY_AFTER_S)},
            )
        self._num_uploads += 1
        try:
            yield
        finally:
            self._num_uploads -= 1

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Compute after everything asked for so far."""
        return self._thread.submit(function)

    async def run(self, function: Callable[[], T]) -> T:
        """Compute after everything asked for so far; if cancelled before its turn, not at all."""
        return await asyncio.wrap_future(self.submit(function))

    def close(self) -> None:
        """Compute nothing more; what is being computed ends first."""
        self._thread.shutdown(cancel_futures=True)
