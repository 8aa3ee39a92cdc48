"""The inference thread: load, warm up, then process the newest images, and again."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
import threading
import time
import traceback

from rclpy.impl.rcutils_logger import RcutilsLogger
from segnet_ros.images.received import ReceivedImage
from segnet_ros.node.cameras.camera import CameraImage
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.inference.checkpoint_source import LoadedNetwork
from segnet_ros.node.inference.error_text import describe_error
from segnet_ros.node.inference.error_text import MEMORY_REMEDY
from segnet_ros.node.inference.latency import LatencyWindow
from segnet_ros.node.inference.processing import ImagePredictor
from segnet_ros.node.inference.processing import ImageProcessor
from segnet_ros.node.inference.publication import Publication
from segnet_ros.node.inference.refusals import Refusals
from segnet_ros.node.parameters.segnet_parameters import Parameters


class InferenceThread(threading.Thread):
    """
    Own a predictor, and with it the device, from loading to the last image.

    :ivar network: None until it is loaded and warm
    :ivar failure: why the thread has ended by itself; empty if it has not
    :ivar reason: the same in one line
    :ivar latencies: of the predictor
    :ivar load_s: how long it took to load
    :ivar warm_up_s: and then to warm up
    :ivar batch: how many images it computes at once, at most
    :ivar settled: set once there is a network, or the thread has ended
    """

    def __init__(
        self,
        *,
        load: Callable[[], LoadedNetwork],
        mailbox: Mailbox[CameraImage],
        read_parameters: Callable[[], Parameters],
        read_age: Callable[[CameraImage], float],
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
        :param notify: called when ``network`` or ``failure`` has changed
        :param predecessor: takes images until this one is warm, and is stopped then
        """
        # A daemon, so that a program that forgets ``stop`` can still end.
        super().__init__(name='inference', daemon=True)
        self.network: LoadedNetwork | None = None
        self.failure = ''
        self.reason = ''
        self.settled = threading.Event()
        self.latencies = LatencyWindow()
        self.load_s = 0.0
        self.warm_up_s = 0.0
        self.batch = 1
        self._load = load
        self._mailbox = mailbox
        self._read_parameters = read_parameters
        self._read_age = read_age
        self._notify = notify
        self._logger = logger
        self._predecessor = predecessor
        self._over = threading.Event()
        self._is_silenced = False
        self._processor: ImageProcessor | None = None

    @property
    def predictor(self) -> ImagePredictor | None:
        """What segments the images; None until it is loaded and warm."""
        return self.network.predictor if self.network else None

    @property
    def failures(self) -> int:
        """How many images in a row the predictor has failed for."""
        return self._processor.failures if self._processor else 0

    @property
    def last_error(self) -> str:
        """Why the predictor has failed last, in one line; empty if it has not."""
        return self._processor.last_error if self._processor else ''

    def reset_statistics(self) -> None:
        """Forget latencies and the last error."""
        self.latencies.clear()
        if self._processor:
            self._processor.last_error = ''

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
            network = self._load()
            self.load_s = time.monotonic() - begun
            network.predictor.warm_up()
            # Measured beside the predecessor, which goes on, it would come out by chance.
            self.batch = (
                self._predecessor.batch
                if self._predecessor
                else choose_batch(network.predictor, self._read_parameters())
            )
            self.warm_up_s = time.monotonic() - begun - self.load_s
            self._settle(network)
            self._work(network.predictor)
        except Exception as error:
            is_for_the_user = isinstance(error, (ValueError, OSError, ImportError))
            if self.network is None and type(error).__name__ == 'OutOfMemoryError':
                self._fail(f'the memory of the GPU does not suffice: {error}; {MEMORY_REMEDY}')
            elif is_for_the_user and self.network is None:
                self._fail(str(error))
            else:
                self._fail(f'inference failed:\n{traceback.format_exc()}', describe_error(error))
        finally:
            self.settled.set()

    def _settle(self, network: LoadedNetwork) -> None:
        if self._over.is_set():
            return
        if self._predecessor:
            self._predecessor.retire()
            self._predecessor = None  # and its predictor can be freed
        self.network = network
        self.settled.set()
        self._notify()

    def _work(self, predictor: ImagePredictor) -> None:
        """Process images until it is over, and publish each while the next is computed."""
        refusals = Refusals(self._logger)
        self._processor = ImageProcessor(
            predictor=predictor,
            read_parameters=self._read_parameters,
            read_age=self._read_age,
            latencies=self.latencies,
            refusals=refusals,
            logger=self._logger,
        )
        with Publication(self._read_age, lambda: self._is_silenced, refusals) as publication:
            while taken := self._mailbox.take(self._over.is_set, self.batch, describe_size):
                publication.begin(self._processor.process(taken))
            publication.wait()

    def _fail(self, text: str, line: str = '') -> None:
        # While stopping, publishers may be gone already.
        if not self._is_silenced:
            self.failure, self.reason = text, line or text
            self._notify()


def choose_batch(predictor: ImagePredictor, parameters: Parameters) -> int:
    """
    Choose how many images to compute at once, where so many are alike.

    :param predictor: loaded and warm
    """
    is_single = len(parameters.cameras) == 1 or parameters.image_transport == 'compressed'
    if parameters.max_batch or is_single:
        return parameters.max_batch or 1
    return predictor.find_batch(len(parameters.cameras))


def describe_size(item: CameraImage) -> Hashable:
    """
    Say which images may be computed at once, by equal values: those of one size.

    More sizes together would be more kinds of batches than a GPU can be prepared for. The size of
    a compressed image is not known before it is decoded.
    """
    image = item.message
    return (image.height, image.width) if isinstance(image, ReceivedImage) else item.camera
