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
from segnet_ros.node.camera import CameraImage
from segnet_ros.node.conversions import image_to_rgb
from segnet_ros.node.conversions import ImageError
from segnet_ros.node.mailbox import Mailbox
from segnet_ros.node.mailbox import Slot

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
        mailbox: Mailbox[CameraImage],
        read_opacity: Callable[[], float],
        report_age: Callable[[CameraImage], None],
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
        self._read_opacity = read_opacity
        self._report_age = report_age
        self._notify = notify
        self._logger = logger
        self._stopping = threading.Event()
        self._explained_at: dict[tuple[str, str], float] = {}

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
                taken = self._mailbox.take()
                if not taken:
                    return
                self._process(predictor, taken[0].slot, taken[0].item)
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

    def _process(
        self, predictor: ImagePredictor, slot: Slot[CameraImage], item: CameraImage
    ) -> None:
        camera, message = item
        outputs = camera.outputs.subscribed()
        if not outputs:
            slot.mark_dropped('no_subscriber')
            return
        try:
            image = image_to_rgb(message)
        except ImageError as error:
            slot.mark_dropped(error.reason)
            self._explain(error, camera.topic)
            return
        prediction = predictor.predict(
            image, outputs=outputs, overlay_opacity=self._read_opacity()
        )
        for name in outputs:
            if self._stopping.is_set():
                return
            camera.outputs.publish(name, getattr(prediction, name), message.header)
        self._report_age(item)
        slot.mark_processed()

    def _explain(self, error: ImageError, topic: str) -> None:
        now = time.monotonic()
        key = (topic, error.reason)
        if now - self._explained_at.get(key, -REPEAT_S) >= REPEAT_S:
            self._explained_at[key] = now
            self._logger.error(f'{topic}: image dropped: {error}')

    def _fail(self, text: str) -> None:
        self._logger.fatal(text)
        self.has_failed = True
        self._notify()
