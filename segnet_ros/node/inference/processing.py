"""From images as taken to predictions: convert them, choose what to compute, and compute it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from typing import Protocol
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rclpy.impl.rcutils_logger import RcutilsLogger
from segnet_ros.images.compressed_images import compressed_to_rgb
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.received import ReceivedFile
from segnet_ros.images.received import ReceivedImage
from segnet_ros.node.cameras.age import PLAUSIBLE_S
from segnet_ros.node.cameras.camera import CameraImage
from segnet_ros.node.cameras.slot import Taken
from segnet_ros.node.images.conversions import image_to_rgb
from segnet_ros.node.inference.error_text import describe_error
from segnet_ros.node.inference.error_text import propose_remedy
from segnet_ros.node.inference.latency import LatencyWindow
from segnet_ros.node.inference.prediction_options import choose_options
from segnet_ros.node.inference.refusals import Refusals
from segnet_ros.node.parameters.segnet_parameters import Parameters

if TYPE_CHECKING:
    from segnet_ros.core.labels import LabelSet
    from segnet_ros.core.selection import Selection

MOST_FAILURES = 3
"""In a row. One can be bad luck; after an illegal access a CUDA context never recovers."""


CONVERSIONS: dict[type, Callable[[Any], NDArray[np.uint8]]] = {
    ReceivedImage: image_to_rgb,
    ReceivedFile: compressed_to_rgb,
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

    taken: Taken[CameraImage]
    image: NDArray[np.uint8]
    """RGB, (H, W, 3)."""
    outputs: tuple[str, ...]
    """Those that somebody subscribes to."""
    options: dict[str, Any]
    """Of :func:`choose_options`."""
    parameters: Parameters


class Result(NamedTuple):
    """What was computed of an image."""

    job: Job
    prediction: Any
    """Has an attribute for each of the job's outputs, uint8 (H, W) or (H, W, 3)."""


class ImageProcessor:
    """
    Compute predictions with a predictor; for the inference thread.

    :ivar failures: of the predictor in a row
    :ivar last_error: of the predictor, in one line with what to do; empty if there was none
    """

    def __init__(
        self,
        *,
        predictor: ImagePredictor,
        read_parameters: Callable[[], Parameters],
        read_age: Callable[[CameraImage], float],
        latencies: LatencyWindow,
        refusals: Refusals,
        logger: RcutilsLogger,
    ) -> None:
        """
        Prepare.

        :param read_parameters: called once for images that are computed at once
        :param read_age: tells how many seconds ago an image was taken, as far as clocks agree
        :param latencies: of the predictor, to be added to
        :param refusals: of images, to be added to
        """
        self.failures = 0
        self.last_error = ''
        self._predictor = predictor
        self._read_parameters = read_parameters
        self._read_age = read_age
        self._latencies = latencies
        self._refusals = refusals
        self._logger = logger

    def process(self, images: Sequence[Taken[CameraImage]]) -> list[Result]:
        """
        Compute what is asked for of images of one size; those that are dropped are marked as such.

        :return: of each image that was not dropped; it is still in progress
        :raises Exception: what the predictor has raised for several images in a row
        """
        parameters = self._read_parameters()
        jobs = [job for taken in images if (job := self._prepare(taken, parameters))]
        return self._compute(jobs) if jobs else []

    def _prepare(self, taken: Taken[CameraImage], parameters: Parameters) -> Job | None:
        """Convert an image, and choose what to compute; None if it was dropped."""
        camera, message = taken.item
        outputs = camera.outputs.subscribed()
        if not outputs:
            taken.mark_dropped('no_subscriber')
            return None
        limit_s, age_s = parameters.max_age, self._read_age(taken.item)
        if limit_s and limit_s < age_s < PLAUSIBLE_S[1]:
            camera.staleness = f'older than max_age ({limit_s:g} s): newest {age_s:.1f} s'
            taken.mark_dropped('too_old')
            return None
        try:
            image = CONVERSIONS[type(message)](message)
        except ImageError as error:
            self._refusals.add(taken, error)
            return None
        label_set, input_size = self._predictor.label_set, self._predictor.input_size
        options = choose_options(parameters, label_set, input_size, image.shape[:2])
        return Job(taken, image, outputs, options, parameters)

    def _compute(self, jobs: Sequence[Job]) -> list[Result]:
        """Predict images of one size at once."""
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
                job.taken.item.camera.refusal = self.last_error
                job.taken.mark_dropped('inference_failed')
            self._survive(error)
            return []
        self.failures = 0
        return [Result(*pair) for pair in zip(jobs, predictions, strict=True)]

    def _survive(self, error: Exception) -> None:
        """Go on after a failure, but not after several in a row."""
        self.failures += 1
        if self.failures == MOST_FAILURES:
            raise error
        self._logger.error(
            f'image dropped: inference failed, {self.failures} in a row of {MOST_FAILURES} that'
            f' end the node: {type(error).__name__}: {error}; {propose_remedy(error)}'
        )
