"""Read the images of a data set while those before are published."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

from segnet_ros.node.trial.label_recorder import NamedImage
from segnet_ros.training.data.dataset import Samples
from segnet_ros.training.measurement.sample_options import name_sample

AHEAD = 4
"""Images that wait at most."""


def read_ahead(samples: Samples) -> Generator[NamedImage, None, None]:
    """
    Read all images, in their order, on a thread of its own.

    :raises ValueError: if one cannot be read, when it is its turn
    """

    def read(index: int) -> NamedImage:
        return NamedImage(name_sample(samples, index), samples[index].image)

    executor = ThreadPoolExecutor(1, thread_name_prefix='read')
    try:
        first = range(min(AHEAD, len(samples)))
        waiting = deque(executor.submit(read, index) for index in first)
        for index in range(len(samples)):
            image = waiting.popleft().result()
            if index + AHEAD < len(samples):
                waiting.append(executor.submit(read, index + AHEAD))
            yield image
    finally:
        executor.shutdown(cancel_futures=True)
