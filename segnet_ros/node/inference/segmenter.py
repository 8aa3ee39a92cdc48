"""The model of a node: loaded, exchanged for another while images flow, and freed again."""

from __future__ import annotations

from collections.abc import Callable
import gc
import sys
import time

from segnet_ros.node.inference.inference_thread import InferenceThread
from segnet_ros.node.inference.processing import ImagePredictor

ThreadFactory = Callable[['InferenceThread | None'], InferenceThread]
"""Makes a thread that has not begun, from the one that it is to follow."""


class Segmenter:
    """
    Keep one inference thread with a predictor; for the thread of the executor.

    A thread has one predictor for its life, because CUDA keeps state per thread. To exchange the
    predictor, a second thread loads beside the first and takes over when it is warm.
    """

    def __init__(self, make_thread: ThreadFactory) -> None:
        """Prepare; nothing is loaded yet."""
        self._make_thread = make_thread
        self._thread: InferenceThread | None = None
        self._successor: InferenceThread | None = None
        self._refusal = ''

    @property
    def thread(self) -> InferenceThread | None:
        """Who segments the images, or will."""
        return self._thread

    @property
    def predictor(self) -> ImagePredictor | None:
        """What segments the images; None while it is not loaded and warm."""
        return self._thread.predictor if self._thread else None

    @property
    def failure(self) -> str:
        """Why there will be no predictor, or no more; empty if all is well."""
        return self._thread.failure if self._thread else ''

    @property
    def refusal(self) -> str:
        """Why the network that was asked for last is not used, in one line; empty if it is."""
        if self._thread and not self._thread.network:
            return self._thread.reason
        return self._refusal

    @property
    def is_loading(self) -> bool:
        """Whether a first predictor, or another, is being loaded."""
        threads = (self._thread, self._successor)
        return any(thread is not None and not thread.settled.is_set() for thread in threads)

    def start(self) -> None:
        """Begin to load, unless that was begun before."""
        if self._thread is None:
            self._refusal = ''
            self._thread = self._make_thread(None)
            self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until loading has ended; tell whether it has."""
        return self._thread is not None and self._thread.settled.wait(timeout_s)

    def start_reload(self) -> InferenceThread:
        """
        Begin to load another predictor, that takes over once it is warm.

        :return: the thread that loads it; ``settled`` tells when, ``failure`` why not
        :raises ValueError: if there is none to follow, or another is being loaded
        """
        if self.predictor is None or self._successor:
            state = 'loading' if self.is_loading or self._successor else 'not configured'
            raise ValueError(f'expected a node with a loaded network, found it {state}; try later')
        self._successor = self._make_thread(self._thread)
        self._successor.start()
        return self._successor

    def finish_reload(self, successor: InferenceThread) -> str:
        """
        Keep the new thread, or the old one if the new one has failed.

        :param successor: of :meth:`start_reload`, settled
        :return: why it has failed; empty if it has not
        """
        if successor is not self._successor:
            return 'the node was cleaned up in the meantime'
        self._successor = None
        self._refusal = successor.reason
        if successor.predictor:
            self._thread = successor
        free_memory()
        return successor.failure

    def stop(self, timeout_s: float) -> None:
        """
        Publish nothing more.

        :param timeout_s: how long what is in progress may take to end
        """
        threads = [thread for thread in (self._thread, self._successor) if thread]
        for thread in threads:
            thread.silence()
        end = time.monotonic() + timeout_s
        for thread in threads:
            # One that still loads leaves nothing behind; there is no need to wait for it.
            if thread.settled.is_set():
                thread.join(max(0.0, end - time.monotonic()))

    def free(self, timeout_s: float) -> None:
        """
        Stop, and let go of the predictor with all that it holds.

        :param timeout_s: how long what is in progress may take to end
        """
        self.stop(timeout_s)
        self._thread = self._successor = None
        self._refusal = ''
        free_memory()

    def give_up(self, timeout_s: float) -> None:
        """
        Free what could not be loaded, and remember why.

        :param timeout_s: how long what is in progress may take to end
        """
        refusal = self.refusal
        self.free(timeout_s)
        self._refusal = refusal


def free_memory() -> None:
    """Give back what a network leaves behind, also of a GPU."""
    gc.collect()  # captured graphs are in cycles
    torch = sys.modules.get('torch')
    if torch and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
