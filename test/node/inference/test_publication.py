"""Tests of the publishing thread, on a node of this process."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from rclpy.node import Node
from rclpy.serialization import serialize_message
from ros_client import make_image
from segnet_ros.images.received import read_image
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.cameras.camera import CameraImage
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.inference.processing import Job
from segnet_ros.node.inference.processing import Result
from segnet_ros.node.inference.publication import Publication
from segnet_ros.node.inference.refusals import Refusals
from segnet_ros.node.parameters.segnet_parameters import Parameters

pytestmark = pytest.mark.ros

PATIENCE_S = 10.0
IMAGE = np.zeros((4, 6, 3), np.uint8)
SERIALIZED = bytes(serialize_message(make_image(IMAGE)))


class Publishing(SimpleNamespace):
    """A publication, the camera of its images, and whether it is silenced."""

    publication: Publication
    mailbox: Mailbox[CameraImage]
    camera: Camera
    silenced: threading.Event

    def compute(self, label: np.ndarray = IMAGE[..., 0]) -> Result:
        """Take an image, and compute its label image."""
        self.camera.slot.put(CameraImage(self.camera, read_image(SERIALIZED)))
        (taken,) = self.mailbox.take(lambda: False)
        job = Job(taken, IMAGE, ('label',), {'output_size': None}, Parameters())
        return Result(job, SimpleNamespace(label=label))


@pytest.fixture
def publishing(make_node: Callable[..., Node]) -> Iterator[Publishing]:
    node, mailbox, silenced = make_node(), Mailbox[CameraImage](), threading.Event()
    camera = Camera(node, '', Parameters(), mailbox)
    refusals = Refusals(node.get_logger())
    with Publication(lambda _: 0.1, silenced.is_set, refusals) as publication:
        yield Publishing(
            publication=publication, mailbox=mailbox, camera=camera, silenced=silenced
        )


def test_the_next_image_can_be_computed_while_one_is_published(publishing: Publishing) -> None:
    with publishing.camera.outputs.lock:  # so publishing does not get on
        publishing.publication.begin([publishing.compute()])
        next_one = publishing.compute()
        assert publishing.camera.slot.counts().in_progress == 2
    publishing.publication.begin([next_one])
    publishing.publication.wait()
    assert publishing.camera.slot.counts().processed == 2
    assert publishing.camera.ages.summary().p50_ms == pytest.approx(100)


def test_one_waits_at_most(publishing: Publishing) -> None:
    results = [publishing.compute() for _ in range(2)]
    has_begun = threading.Event()

    def begin_both() -> None:
        publishing.publication.begin([results[0]])
        has_begun.set()
        publishing.publication.begin([results[1]])

    inference = threading.Thread(target=begin_both)
    with publishing.camera.outputs.lock:
        inference.start()
        assert has_begun.wait(PATIENCE_S)
        inference.join(0.1)
        assert inference.is_alive()
    inference.join(PATIENCE_S)
    publishing.publication.wait()
    assert publishing.camera.slot.counts().processed == 2


def test_what_was_withdrawn_or_silenced_meanwhile_is_not_published(
    publishing: Publishing,
) -> None:
    slot = publishing.camera.slot
    result = publishing.compute()
    with publishing.camera.outputs.lock:
        publishing.publication.begin([result])
        slot.withdraw('inactive')
    publishing.publication.wait()
    assert slot.counts().dropped == {'inactive': 1}
    publishing.silenced.set()
    publishing.publication.begin([publishing.compute()])
    publishing.publication.wait()
    assert slot.counts().dropped == {'inactive': 1, 'stopped': 1}


def test_what_publishing_raises_is_raised_where_the_next_begins(publishing: Publishing) -> None:
    broken = publishing.compute()._replace(prediction=SimpleNamespace())
    publishing.publication.begin([broken])
    with pytest.raises(AttributeError, match='label'):
        publishing.publication.begin([publishing.compute()])
