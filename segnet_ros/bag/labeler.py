"""Batches of image messages to serialized outputs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple
from typing import TypeVar

from segnet_ros.bag.image_messages import CameraImage
from segnet_ros.bag.image_messages import decode_image
from segnet_ros.bag.image_messages import write_output
from segnet_ros.bag.journal import Labeled
from segnet_ros.bag.source.messages import Message
from segnet_ros.core.predictor import Prediction
from segnet_ros.core.predictor import Predictor

T = TypeVar('T')


class Pending(NamedTuple):
    """An image that waits until the batch is full."""

    position: int
    """Of its message in the part."""
    message: Message


class Labeler:
    """
    Label batches.

    Images are decoded, and outputs encoded, on several threads: OpenCV computes beside Python.
    """

    def __init__(
        self, predictor: Predictor, outputs: Sequence[str], opacity: float, compressed: bool
    ) -> None:
        """
        Prepare.

        :param outputs: keys of ``OUTPUT_ENCODINGS``
        :param opacity: of the colors in overlays, 0 to 1
        :param compressed: whether the outputs are compressed images
        """
        self._predictor = predictor
        self._outputs = tuple(outputs)
        self._opacity = opacity
        self._compressed = compressed
        self._threads = ThreadPoolExecutor(thread_name_prefix='images')

    def label(self, batch: Sequence[Pending]) -> list[Labeled]:
        """Label images, in one forward pass; those that cannot be read come with the reason."""
        decoded = list(self._threads.map(_read, batch))
        images = [one for one in decoded if isinstance(one, CameraImage)]
        pixels = [image.pixels for image in images]
        predictions = self._predictor.predict_batch(pixels, self._outputs, self._opacity)
        written = self._threads.map(self._write, images, predictions)
        results = [next(written) if isinstance(one, CameraImage) else one for one in decoded]
        return [
            Labeled(pending.position, [], result)
            if isinstance(result, str)
            else Labeled(pending.position, result)
            for pending, result in zip(batch, results, strict=True)
        ]

    def _write(self, image: CameraImage, prediction: Prediction) -> list[bytes] | str:
        def write() -> list[bytes]:
            return [
                write_output(name, getattr(prediction, name), image.origin, self._compressed)
                for name in self._outputs
            ]

        return _try(write)


def _read(pending: Pending) -> CameraImage | str:
    message = pending.message
    return _try(partial(decode_image, message.data, message.key.msgtype))


def _try(action: Callable[[], T]) -> T | str:
    """Do something with an image; the text of the error if it cannot be done with this one."""
    try:
        return action()
    except ValueError as error:
        return str(error) or type(error).__name__
