"""The inference thread: load, warm up, then process the newest image, and again."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
import traceback
from typing import Any
from typing import Protocol
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rclpy.impl.rcutils_logger import RcutilsLogger
from segnet_ros.node.conversions import image_to_rgb
from segnet_ros.node.conversions import ImageError
from segnet_ros.node.mailbox import Mailbox
from segnet_ros.node.outputs import Outputs
from sensor_msgs.msg import Image

if TYPE_CHECKING:
    from segnet_ros.core.labels import LabelSet

REPEAT_S = 5.0
"""Pause between two log lines about images refused for the same reason."""


class ImagePredictor(Protocol):
    """What the node needs of ``segnet_ros.core.predictor.Predictor``."""

    label_set: LabelSet
    device: Any
    precision: str
    input_size: tuple[int, int]

    def warm_up(self) -> None: ...

    def predict(
        self,
        image: NDArray[np.uint8],
        outputs: tuple[str, ...] = ...,
        overlay_opacity: float = ...,
    ) -> Any: ...


class InferenceThread(threading.Thread):
    """
    Own the predictor, and with it the device, from loading to the last image.

    :ivar predictor: None until it is loaded and warm
    :ivar has_failed: whether the thread ended by itself; the reason is in the log
    """

    def __init__(
        self,
        *,
        load: Callable[[], ImagePredictor],
        mailbox: Mailbox[Image],
        outputs: Outputs,
        read_opacity: Callable[[], float],
        report_age: Callable[[Image], None],
        notify: Callable[[], None],
        logger: RcutilsLogger,
    ) -> None:
        """
        Prepare; ``start`` begins to load.

        :param load: raises ValueError, OSError or ImportError with a text for the user where the
            installation or a parameter is at fault
        :param read_opacity: called once per image
        :param report_age: called with each image right after its outputs were published
        :param notify: called when ``predictor`` or ``has_failed`` has changed
        """
        # A daemon, so that a program that forgets ``stop`` can still end.
        super().__init__(name='inference', daemon=True)
        self.predictor: ImagePredictor | None = None
        self.has_failed = False
        self._load = load
        self._mailbox = mailbox
        self._outputs = outputs
        self._read_opacity = read_opacity
        self._report_age = report_age
        self._notify = notify
        self._logger = logger
        self._stopping = threading.Event()
        self._refused_at: dict[str, float] = {}

    def stop(self, timeout_s: float) -> None:
        """
        Publish nothing more and end; safe to call twice.

        :param timeout_s: how long to wait; a forward pass cannot be interrupted
        """
        self._stopping.set()
        self._mailbox.close()
        self.join(timeout_s)

    def run(self) -> None:
        """Work until ``stop``; for ``threading.Thread`` to call."""
        try:
            predictor = self._load_predictor()
            while predictor is not None:
                message = self._mailbox.take()
                if message is None:
                    return
                self._process(predictor, message)
        except Exception:
            # Not survivable by assumption: after an illegal access a CUDA context never
            # recovers. And while stopping, publishers may be gone already.
            if not self._stopping.is_set():
                self._fail(f'inference failed:\n{traceback.format_exc()}')

    def _load_predictor(self) -> ImagePredictor | None:
        try:
            predictor = self._load()
        except (ValueError, OSError, ImportError) as error:
            if not self._stopping.is_set():
                self._fail(str(error))
            return None
        predictor.warm_up()
        self.predictor = predictor
        if not self._stopping.is_set():
            self._notify()
        return predictor

    def _process(self, predictor: ImagePredictor, message: Image) -> None:
        outputs = self._outputs.subscribed()
        if not outputs:
            self._mailbox.mark_dropped('no_subscriber')
            return
        try:
            image = image_to_rgb(message)
        except ImageError as error:
            self._refuse(error)
            return
        prediction = predictor.predict(
            image, outputs=outputs, overlay_opacity=self._read_opacity()
        )
        for name in outputs:
            if self._stopping.is_set():
                return
            self._outputs.publish(name, getattr(prediction, name), message.header)
        self._report_age(message)
        self._mailbox.mark_processed()

    def _refuse(self, error: ImageError) -> None:
        self._mailbox.mark_dropped(error.reason)
        now = time.monotonic()
        if now - self._refused_at.get(error.reason, -REPEAT_S) >= REPEAT_S:
            self._refused_at[error.reason] = now
            self._logger.error(f'image dropped: {error}')

    def _fail(self, text: str) -> None:
        self._logger.fatal(text)
        self.has_failed = True
        self._notify()
