"""Give a node the next image only once the label of the one before has come."""

from __future__ import annotations

from collections.abc import Iterable

from segnet_ros.node.trial.camera import TrialCamera
from segnet_ros.node.trial.errors import TrialError
from segnet_ros.node.trial.label_recorder import NamedImage
from segnet_ros.node.trial.tally import read_dropped

ATTEMPTS = 5
"""How often an image is published before it counts as refused."""
REPEATABLE = {'no_subscriber', 'replaced'}
"""
Reasons to drop an image that do not speak against it.

It came before the node had discovered who hears its labels, or while it waited was published
again.
"""
CERTAIN = 2
"""Diagnostics in a row that show an idle node: by then, what it published would be here."""


def publish_one_by_one(
    images: Iterable[NamedImage], camera: TrialCamera, timeout_s: float
) -> None:
    """
    Publish images, each once the label of the one before has come.

    An image that got lost on the way, or whose label did, is published again.

    :param timeout_s: how long a label may take
    :raises TrialError: if the node refuses an image, ends, or a label does not come
    :raises StoppedError: after a signal
    """
    for number, named in enumerate(images):
        for _ in range(ATTEMPTS):
            _publish(number, named, camera, timeout_s)
            if number in camera.recorder.labels:
                break
        else:
            raise TrialError(
                f'{named.name}: expected a label image, got none though it was published'
                f' {ATTEMPTS} times; the last words of segnet_node:'
                f' {camera.observation.describe_end()}'
            )
    camera.observation.settle()


def _publish(number: int, named: NamedImage, camera: TrialCamera, timeout_s: float) -> None:
    """Publish an image, and wait for its label, or until the node has dealt with it without."""
    recorder = camera.recorder
    recorder.forget_status()
    camera.observation.allow(timeout_s)
    camera.publish(number, named)
    camera.observation.spin_while(
        lambda: number not in recorder.labels and recorder.idle < CERTAIN
    )
    reasons = ', '.join(sorted(read_dropped(recorder.status).keys() - REPEATABLE))
    if reasons and number not in recorder.labels:
        why = 'its parameters ask for it' if recorder.message == 'OK' else recorder.message
        raise TrialError(
            f'{named.name}: expected a label image, found that segnet_node dropped the image'
            f' ({reasons}): {why}; mend that, or have it counted by --mode real-time'
        )
