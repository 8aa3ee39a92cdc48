"""The publishing thread: what was computed goes out while the next image is computed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor

from segnet_ros.images.image_error import ImageError
from segnet_ros.node.cameras.camera import CameraImage
from segnet_ros.node.cameras.slot import Taken
from segnet_ros.node.images.conversions import make_header
from segnet_ros.node.inference.processing import Result
from segnet_ros.node.inference.refusals import Refusals


class Publication:
    """
    Publish results on a thread of its own, in their order; for the inference thread.

    Copying and encoding outputs costs milliseconds in which the device would have nothing to do.
    A context, at the end of which all is published and the thread has ended.
    """

    def __init__(
        self,
        read_age: Callable[[CameraImage], float],
        is_silenced: Callable[[], bool],
        refusals: Refusals,
    ) -> None:
        """
        Prepare.

        :param read_age: tells how many seconds ago an image was taken, as far as clocks agree
        :param is_silenced: tells whether nothing may be published any more
        :param refusals: of images, to be added to
        """
        self._read_age = read_age
        self._is_silenced = is_silenced
        self._refusals = refusals
        self._executor = ThreadPoolExecutor(1, thread_name_prefix='publishing')
        self._latest: Future[None] | None = None

    def __enter__(self) -> Publication:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def begin(self, results: Sequence[Result]) -> None:
        """
        Wait until the results before are published, and begin with these.

        So only one lies between the device and the subscribers, however slowly they are encoded.

        :raises Exception: what publishing the ones before has raised
        """
        self.wait()
        self._latest = self._executor.submit(self._finish, results)

    def wait(self) -> None:
        """
        Wait until all is published.

        :raises Exception: what publishing has raised
        """
        if self._latest:
            self._latest.result()

    def _finish(self, results: Sequence[Result]) -> None:
        for result in results:
            taken = result.job.taken
            try:
                self._publish(result)
            except ImageError as error:
                self._refusals.add(taken, error)
                continue
            if self._is_silenced():
                taken.mark_dropped('stopped')
                continue
            taken.item.camera.ages.add(self._read_age(taken.item))
            taken.mark_processed()

    def _publish(self, result: Result) -> None:
        """
        Publish the outputs of an image and the calibration that belongs to them.

        :raises ImageError: if one cannot be encoded
        """
        job, prediction = result
        camera, message = job.taken.item
        header = make_header(message.origin)
        for name in job.outputs:
            with camera.outputs.lock:
                if not self._is_wanted(job.taken):
                    return
                try:
                    camera.outputs.publish(name, getattr(prediction, name), header, job.parameters)
                except ValueError as error:
                    raise ImageError('bad_size', f'{name}: {error}') from error
        with camera.outputs.lock:
            if not (camera.outputs.is_info_heard and self._is_wanted(job.taken)):
                return
            if info := camera.calibration.read():
                size = job.image.shape[:2]
                output_size = job.options['output_size'] or size
                camera.outputs.publish_info(info, header, size, output_size)

    def _is_wanted(self, taken: Taken[CameraImage]) -> bool:
        return not (taken.withdrawn or self._is_silenced())
