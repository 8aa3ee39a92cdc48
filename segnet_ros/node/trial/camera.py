"""A camera whose images are those of a data set, for the node on trial."""

from __future__ import annotations

from segnet_ros.node.images.image_readers import SuppliedImage
from segnet_ros.node.source.camera_publisher import CameraPublisher
from segnet_ros.node.trial.errors import TrialError
from segnet_ros.node.trial.label_recorder import Awaited
from segnet_ros.node.trial.label_recorder import LabelRecorder
from segnet_ros.node.trial.label_recorder import NamedImage
from segnet_ros.node.trial.observation import Observation


class TrialCamera:
    """
    Publish images, losslessly and reliably, of which the recorder expects the label.

    :ivar recorder: whose observation it is
    :ivar observation: as given
    :ivar published: images so far, those published again included
    """

    def __init__(self, recorder: LabelRecorder, observation: Observation) -> None:
        """
        Advertise the topics.

        :param recorder: whose node publishes
        :param observation: of the recorder and the node
        """
        self.recorder = recorder
        self.observation = observation
        self.published = 0
        self._publisher = CameraPublisher(recorder.node, 'camera')

    def wait_until_heard(self) -> None:
        """
        Wait until the node takes images from here.

        :raises TrialError: if it hears another topic, or it or the time ends before
        :raises StoppedError: after a signal
        """
        self.observation.spin_while(lambda: not self._is_heard())

    def publish(self, number: int, named: NamedImage) -> None:
        """
        Publish an image.

        :param number: by which its label will be known
        """
        stamp_ns = self._publisher.publish(SuppliedImage(named.image, None))
        height, width = named.image.shape[:2]
        self.recorder.expect(stamp_ns, Awaited(number, named.name, (height, width)))
        self.published += 1

    def _is_heard(self) -> bool:
        status = self.recorder.status
        topic = status.get('topic', self._publisher.topic)
        if topic != self._publisher.topic:
            raise TrialError(
                f'expected segnet_node to hear {self._publisher.topic}, found that it hears'
                f' {topic}; leave its topic, cameras and image_transport as they are'
            )
        # It says so once a second: by then, it has chosen the reliability of its subscription.
        return (
            self._publisher.subscribers > 0
            and status.get('reliability', '') != ''
            and (status['publishers'] != '0')
        )
