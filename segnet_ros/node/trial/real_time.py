"""Give a node images as a camera does, whether it keeps up or not."""

from __future__ import annotations

from collections.abc import Iterable
import time

from segnet_ros.node.source.pace import Pace
from segnet_ros.node.trial.camera import TrialCamera
from segnet_ros.node.trial.label_recorder import NamedImage


def publish_at_rate(images: Iterable[NamedImage], camera: TrialCamera, rate: float) -> Pace:
    """
    Publish images at a rate, and hear what comes of them.

    :param rate: images per second
    :return: whether they could be read and published so fast
    :raises TrialError: if the node ends, or no label comes for too long
    :raises StoppedError: after a signal
    """
    observation = camera.observation
    pace = Pace(rate)
    due = time.monotonic()
    observation.begin()
    for number, named in enumerate(images):
        _spin_until(due, camera)
        camera.publish(number, named)
        pace.count()
        # After a delay there is no burst: a camera has none.
        due = max(due + 1 / rate, time.monotonic())
    observation.settle()
    return pace


def _spin_until(due: float, camera: TrialCamera) -> None:
    """Hear what comes until it is time, and at least what is here."""
    remaining_s = 0.0
    while remaining_s >= 0:
        camera.observation.spin_once(min(0.1, remaining_s))
        remaining_s = due - time.monotonic()
