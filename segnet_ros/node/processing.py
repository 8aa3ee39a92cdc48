"""From images as taken to published outputs: convert, predict, publish, and count."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import time
from typing import Any
from typing import NamedTuple
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
from segnet_ros.node.error_text import describe_error
from segnet_ros.node.error_text import propose_remedy
from segnet_ros.node.latency import LatencyWindow
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
    hardware_id: str
    precision: str
    input_size: tuple[int, int]
    num_parameters: int
    can_be_sampled: bool

    @property
    def device_ms(self) -> float | None:
        """How long a GPU took for the last images, in ms."""

    def measure_memory(self) -> Mapping[str, int]:
        """Measure the memory of a GPU, in bytes by kind; called in the executor's thread."""

    def warm_up(self) -> None:
        """Segment an image, so that the first real one does not wait for set-up."""

    def find_batch(self, most: int) -> int:
        """Find how many images to segment at once, at most."""

    def predict_batch(
        self,
        images: Sequence[NDArray[np.uint8]],
        outputs: Sequence[str] = ...,
        overlay_opacity: float = ...,
        output_size: tuple[int, int] | None = ...,
        selection: Selection = ...,
        mc_samples: int = ...,
    ) -> Sequence[Any]:
        """Segment images, RGB, uint8 (H, W, 3); return a prediction for each."""


class Job(NamedTuple):
    """What is to be computed of an image."""

    item: CameraImage
    image: NDArray[np.uint8]
    """RGB, (H, W, 3)."""
    outputs: tuple[str, ...]
    """Those that somebody subscribes to."""
    options: dict[str, Any]
    """Of :func:`choose_options`."""
    parameters: Parameters


class ImageProcessor:
    """
    Process images with a predictor; for the inference thread.

    :ivar failures: of the predictor in a row
    :ivar last_error: of the predictor, in one line with what to do; empty if there was none
    """

    def __init__(
        self,
        *,
        predictor: ImagePredictor,
        read_parameters: Callable[[], Parameters],
        read_age: Callable[[CameraImage], float],
        is_silenced: Callable[[], bool],
        latencies: LatencyWindow,
        logger: RcutilsLogger,
    ) -> None:
        """
        Prepare.

        :param read_parameters: called once for images that are computed at once
        :param read_age: tells how many seconds ago an image was taken, as far as clocks agree
        :param is_silenced: tells whether nothing may be published any more
        :param latencies: of the predictor, to be added to
        """
        self.failures = 0
        self.last_error = ''
        self._predictor = predictor
        self._read_parameters = read_parameters
        self._read_age = read_age
        self._is_silenced = is_silenced
        self._latencies = latencies
        self._logger = logger
        self._explained_at: dict[tuple[str, str], float] = {}

    def process(self, items: Sequence[CameraImage]) -> None:
        """
        Process images of one size, and tell the slot of each what became of it.

        :raises Exception: what the predictor has raised for several images in a row
        """
        parameters = self._read_parameters()
        jobs = [job for item in items if (job := self._prepare(item, parameters))]
        if jobs:
            self._compute(jobs)

    def _prepare(self, item: CameraImage, parameters: Parameters) -> Job | None:
        """Convert an image, and choose what to compute; None if it was dropped."""
        camera, message = item
        outputs = camera.outputs.subscribed()
        if not outputs:
            camera.slot.mark_dropped('no_subscriber')
            return None
        limit_s, age_s = parameters.max_age, self._read_age(item)
        if limit_s and limit_s < age_s < PLAUSIBLE_S[1]:
            camera.staleness = f'older than max_age ({limit_s:g} s): newest {age_s:.1f} s'
            camera.slot.mark_dropped('too_old')
            return None
        try:
            image = CONVERSIONS[type(message)](message)
        except ImageError as error:
            self._refuse(item, error)
            return None
        label_set, input_size = self._predictor.label_set, self._predictor.input_size
        options = choose_options(parameters, label_set, input_size, image.shape[:2])
        return Job(item, image, outputs, options, parameters)

    def _compute(self, jobs: Sequence[Job]) -> None:
        """Predict images of one size at once, and publish the outputs of each."""
        # All that any of them needs: to wait for a pass of its own would make an image old.
        outputs = tuple(sorted({name for job in jobs for name in job.outputs}))
        try:
            with self._latencies.measure(len(jobs)):
                predictions = self._predictor.predict_batch(
                    [job.image for job in jobs], outputs=outputs, **jobs[0].options
                )
        except Exception as error:
            self.last_error = f'{describe_error(error)}; {propose_remedy(error)}'
            for job in jobs:
                job.item.camera.refusal = self.last_error
                job.item.camera.slot.mark_dropped('inference_failed')
            self._survive(error)
            return
        self.failures = 0
        for job, prediction in zip(jobs, predictions, strict=True):
            self._finish(job, prediction)

    def _finish(self, job: Job, prediction: Any) -> None:
        camera, message = job.item
        try:
            self._publish(job, prediction)
        except ImageError as error:
            self._refuse(job.item, error)
            return
        if self._is_silenced():
            camera.slot.mark_dropped('stopped')
            return
        info = camera.calibration.info
        if info is not None:
            size = job.image.shape[:2]
            output_size = job.options['output_size'] or size
            camera.outputs.publish_info(info, message.header, size, output_size)
        camera.ages.add(self._read_age(job.item))
        camera.slot.mark_processed()

    def _publish(self, job: Job, prediction: Any) -> None:
        """
        Publish the outputs, unless the node is to be silent.

        :raises ImageError: if one cannot be encoded
        """
        camera, message = job.item
        for name in job.outputs:
            if self._is_silenced():
                return
            try:
                camera.outputs.publish(
                    name, getattr(prediction, name), message.header, job.parameters
                )
            except ValueError as error:
                raise ImageError('bad_size', f'{name}: {error}') from error

    def _refuse(self, item: CameraImage, error: ImageError) -> None:
        """Drop the image in progress, and say why, but not for each of many."""
        item.camera.refusal = str(error)  # first: who sees the count looks for the reason
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
        self._logger.error(
            f'image dropped: inference failed, {self.failures} in a row of {MOST_FAILURES} that'
            f' end the node: {type(error).__name__}: {error}; {propose_remedy(error)}'
        )
