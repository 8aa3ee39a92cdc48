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
from segnet_ros.node.age import PLAUSIBLE_S
from segnet_ros.node.camera import CameraImage
from segnet_ros.node.compressed_images import compressed_to_rgb
from segnet_ros.node.conversions import image_to_rgb
from segnet_ros.node.conversions import ImageError
from segnet_ros.node.latency import LatencyWindow
from segnet_ros.node.mailbox import Mailbox
from segnet_ros.node.parameters import Parameters
from segnet_ros.node.prediction_options import choose_options
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

if TYPE_CHECKING:
    from segnet_ros.core.labels import LabelSet
    from segnet_ros.core.selection import Selection

REPEAT_S = 5.0
"""Pause between two log lines about images refused for the same reason."""
MOST_FAILURES = 3
"""In a row. One can be bad luck; after an illegal access a CUDA context never recovers."""


CONVERSIONS: dict[type, Callable[[Any], NDArray[np.uint8]]] = {
    Image: image_to_rgb,
    CompressedImage: compressed_to_rgb,
}


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
        output_size: tuple[int, int] | None = ...,
        selection: Selection = ...,
    ) -> Any: ...


class InferenceThread(threading.Thread):
    """
    Own a predictor, and with it the device, from loading to the last image.

    :ivar predictor: None until it is loaded and warm
    :ivar checkpoint: what it is loaded from, for people
    :ivar failure: why the thread has ended by itself; empty if it has not
    :ivar latencies: of the predictor
    :ivar load_s: how long it took to load
    :ivar warm_up_s: and then to warm up
    :ivar failures: of images in a row
    :ivar settled: set once there is a predictor, or the thread has ended
    """

    def __init__(
        self,
        *,
        load: Callable[[], ImagePredictor],
        mailbox: Mailbox[CameraImage],
        read_parameters: Callable[[], Parameters],
        read_age: Callable[[CameraImage], float],
        checkpoint: str,
        notify: Callable[[], None],
        logger: RcutilsLogger,
        predecessor: InferenceThread | None = None,
    ) -> None:
        """
        Prepare; ``start`` begins to load.

        :param load: raises ValueError, OSError or ImportError with a text for the user where the
            installation or a parameter is at fault
        :param read_parameters: called once per image
        :param read_age: tells how many seconds ago an image was taken, as far as clocks agree
        :param checkpoint: what is loaded, for people
        :param notify: called when ``predictor`` or ``failure`` has changed
        :param predecessor: takes images until this one is warm, and is stopped then
        """
        # A daemon, so that a program that forgets ``stop`` can still end.
        super().__init__(name='inference', daemon=True)
        self.predictor: ImagePredictor | None = None
        self.failure = ''
        self.checkpoint = checkpoint
        self.settled = threading.Event()
        self.latencies = LatencyWindow()
        self.load_s = 0.0
        self.warm_up_s = 0.0
        self._load = load
        self._mailbox = mailbox
        self._read_parameters = read_parameters
        self._read_age = read_age
        self._notify = notify
        self._logger = logger
        self._predecessor = predecessor
        self._over = threading.Event()
        self._is_silenced = False
        self.failures = 0
        self._explained_at: dict[tuple[str, str], float] = {}

    def retire(self) -> None:
        """Finish the image in progress, and wait for the end."""
        self._over.set()
        self._mailbox.wake()
        self.join()

    def silence(self) -> None:
        """Publish nothing more and end, as soon as what is in progress does."""
        self._is_silenced = True
        self._over.set()
        self._mailbox.wake()

    def run(self) -> None:
        """Work until ``retire`` or ``silence``; for ``threading.Thread`` to call."""
        try:
            begun = time.monotonic()
            predictor = self._load()
            self.load_s = time.monotonic() - begun
            predictor.warm_up()
            self.warm_up_s = time.monotonic() - begun - self.load_s
            self._settle(predictor)
            while taken := self._mailbox.take(self._over.is_set):
                self._process(predictor, taken[0].item)
        except Exception as error:
            is_for_the_user = isinstance(error, (ValueError, OSError, ImportError))
            if is_for_the_user and self.predictor is None:
                self._fail(str(error))
            else:
                self._fail(f'inference failed:\n{traceback.format_exc()}')
        finally:
            self.settled.set()

    def _settle(self, predictor: ImagePredictor) -> None:
        if self._over.is_set():
            return
        if self._predecessor:
            self._predecessor.retire()
            self._predecessor = None  # and its predictor can be freed
        self.predictor = predictor
        self.settled.set()
        self._notify()

    def _process(self, predictor: ImagePredictor, item: CameraImage) -> None:
        camera, message = item
        slot = camera.slot
        outputs = camera.outputs.subscribed()
        if not outputs:
            slot.mark_dropped('no_subscriber')
            return
        parameters = self._read_parameters()
        if parameters.max_age and parameters.max_age < self._read_age(item) < PLAUSIBLE_S[1]:
            slot.mark_dropped('too_old')
            return
        try:
            image = CONVERSIONS[type(message)](message)
            options = choose_options(
                parameters, predictor.label_set, predictor.input_size, image.shape[:2]
            )
            with self.latencies.measure():
                prediction = predictor.predict(image, outputs=outputs, **options)
        except ImageError as error:
            self._refuse(item, error)
            return
        except Exception as error:
            slot.mark_dropped('inference_failed')
            self._survive(error)
            return
        self.failures = 0
        try:
            self._publish(item, prediction, outputs, parameters)
        except ImageError as error:
            self._refuse(item, error)
            return
        if self._is_silenced:
            slot.mark_dropped('stopped')
            return
        info = camera.calibration.info
        if info is not None:
            size = image.shape[:2]
            output_size = options['output_size'] or size
            camera.outputs.publish_info(info, message.header, size, output_size)
        camera.ages.add(self._read_age(item))
        slot.mark_processed()

    def _publish(
        self,
        item: CameraImage,
        prediction: Any,
        outputs: tuple[str, ...],
        parameters: Parameters,
    ) -> None:
        """
        Publish the outputs, unless the node is to be silent.

        :raises ImageError: if one cannot be encoded
        """
        for name in outputs:
            if self._is_silenced:
                return
            try:
                item.camera.outputs.publish(
                    name, getattr(prediction, name), item.message.header, parameters
                )
            except ValueError as error:
                raise ImageError('bad_size', f'{name}: {error}') from error

    def _refuse(self, item: CameraImage, error: ImageError) -> None:
        """Drop the image in progress, and say why, but not for each of many."""
        item.camera.slot.mark_dropped(error.reason)
        topic, now = item.camera.topic, time.monotonic()
        key = (topic, error.reason)
        if now - self._explained_at.get(key, -REPEAT_S) >= REPEAT_S:
            self._explained_at[key] = now
            self._logger.error(f'{topic}: image dropped: {error}')

    def _survive(self, error: Exception) -> None:
        """Go on after a failure, but not after several in a row."""
        self.failures += 1
        if self.failures == MOST_FAILURES:
            raise error
        kind = type(error).__name__
        remedy = ''
        if kind == 'OutOfMemoryError':
            remedy = '; end other programs on the GPU, or lower input_height and input_width'
        self._logger.error(
            f'image dropped: inference failed, {self.failures} in a row of {MOST_FAILURES} that'
            f' end the node: {kind}: {error}{remedy}'
        )

    def _fail(self, text: str) -> None:
        # While stopping, publishers may be gone already.
        if not self._is_silenced:
            self.failure = text
            self._notify()
