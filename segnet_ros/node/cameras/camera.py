"""One camera: its subscription, its slot, and what is known about its images."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any
from typing import NamedTuple

from rclpy.clock import JumpHandle
from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.image_error import shorten
from segnet_ros.images.received import read_file
from segnet_ros.images.received import read_image
from segnet_ros.images.received import ReceivedFile
from segnet_ros.images.received import ReceivedImage
from segnet_ros.node.cameras.age import AgeWindow
from segnet_ros.node.cameras.age import PLAUSIBLE_S
from segnet_ros.node.cameras.calibration import Calibration
from segnet_ros.node.cameras.image_subscription import choose_reliability
from segnet_ros.node.cameras.image_subscription import subscribe_to_images
from segnet_ros.node.cameras.mailbox import Mailbox
from segnet_ros.node.cameras.outputs import Outputs
from segnet_ros.node.cameras.topic_names import find_topic
from segnet_ros.node.cameras.topic_names import find_topic_beside
from segnet_ros.node.parameters.record import declare_parameters
from segnet_ros.node.parameters.record import read_parameters
from segnet_ros.node.parameters.segnet_parameters import CameraParameters
from segnet_ros.node.parameters.segnet_parameters import Parameters
from segnet_ros.node.parameters.segnet_parameters import prefix_of
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

READERS: dict[type[Any], Callable[[bytes], ReceivedImage | ReceivedFile]] = {
    Image: read_image,
    CompressedImage: read_file,
}
"""By type of message; rclpy is not asked to make objects of messages."""


class CameraImage(NamedTuple):
    """An image as taken, and whose it is."""

    camera: Camera
    message: ReceivedImage | ReceivedFile


class Camera:
    """
    Put the images of one topic into a slot, as taken.

    Everything but ``outputs``, ``ages``, ``slot`` and ``calibration`` belongs to the thread of the
    executor.

    :ivar name: in the names of its topics; may be empty
    :ivar subscribed_name: of the topic, before remapping
    :ivar topic: resolved name
    :ivar outputs: where its results go
    :ivar slot: where its images wait
    :ivar ages: of its latest results
    :ivar calibration: its ``camera_info``
    :ivar reliability: of the subscription, ``reliable`` or ``best_effort``; empty before
    :ivar publishers: number of publishers at the last check
    :ivar is_deaf: whether a publisher was found that the subscription cannot hear
    :ivar lost: images that the transport is known to have lost; None if it does not tell
    :ivar disordered: images whose stamp was not later than that of the image before
    :ivar encoding: of the last image
    :ivar size: of the last image, height and width; None where only its data tell
    :ivar data_size: of the last image, in bytes
    :ivar refusal: why an image was refused last, and what to do; of the inference thread
    :ivar staleness: how old the image was that was dropped for it last; of the inference thread
    :ivar last_arrival: of an image, or of the first subscription, on ``time.monotonic``
    """

    def __init__(
        self, node: Node, name: str, parameters: Parameters, mailbox: Mailbox[CameraImage]
    ) -> None:
        """
        Prepare; nothing is subscribed yet.

        :param name: of the camera, in the names of its topics; may be empty
        :param parameters: say which kind of messages to hear, and how reliably
        :param mailbox: where its images wait, beside those of other cameras
        :raises TopicError: if the remappings leave no name for one of its topics
        """
        self.name = name
        self.subscribed_name = f'{name}/image_raw' if name else 'image_raw'
        self._heard = find_topic(node, self.subscribed_name)
        self._kind: type[Any] = Image
        if parameters.image_transport == 'compressed':
            self._kind, raw = CompressedImage, self._heard.topic
            self._heard = find_topic_beside(
                node, f'{self.subscribed_name}/compressed', f'{raw}/compressed'
            )
        self.topic = self._heard.topic
        self.slot = mailbox.open_slot()
        self.outputs = Outputs(node, name)
        self.ages = AgeWindow()
        self.calibration = Calibration(node, self.subscribed_name)
        self.reliability = ''
        self.publishers = 0
        self.is_deaf = False
        self.lost: int | None = 0
        self.disordered = 0
        self.encoding = ''
        self.size: tuple[int, int] | None = None
        self.data_size = 0
        self.refusal = ''
        self.staleness = ''
        self.last_arrival = 0.0
        self._node = node
        self._prefix = prefix_of(name)
        self._wanted = parameters.input_reliability
        self._subscription: Subscription[Any] | None = None
        self._is_enabled = True
        self._last_stamp: tuple[int, int] | None = None
        declare_parameters(node, CameraParameters, self._prefix)
        self._forgetting = self._forget_ages_after_jumps()

    @property
    def type_name(self) -> str:
        """Name of the type of its messages, as the graph has it."""
        return f'sensor_msgs/msg/{self._kind.__name__}'

    @property
    def profile(self) -> QoSProfile | None:
        """QoS of the subscription, as it is after ``qos_overrides``; None before."""
        return self._subscription.qos_profile if self._subscription else None

    def enable(self, is_enabled: bool) -> None:
        """Let images in, as far as the camera's own parameter does; or drop them all."""
        self._is_enabled = is_enabled
        self._apply_parameters()

    def reset_statistics(self) -> None:
        """Begin to count anew."""
        self.slot.reset_counts()
        self.ages.clear()
        self.disordered = 0
        self.lost = None if self.lost is None else 0

    def follow_publishers(self) -> None:
        """Subscribe, or subscribe anew where the publishers ask for another reliability."""
        found = self._node.get_publishers_info_by_topic(self._heard.name)
        self.publishers = len(found)
        offered = [info.qos_profile.reliability for info in found]
        self.is_deaf = self._wanted == 'reliable' and ReliabilityPolicy.BEST_EFFORT in offered
        if self._wanted == 'auto':
            policy = choose_reliability(offered)
        else:
            policy = ReliabilityPolicy[self._wanted.upper()]
        if policy.name.lower() != self.reliability:
            self._subscribe(policy)

    def unsubscribe(self) -> None:
        """
        Hear no more, and publish nothing more of what was heard.

        The next :meth:`follow_publishers` subscribes again.
        """
        self._destroy_subscription()
        self.calibration.unsubscribe()
        with self.outputs.lock:  # what is being published goes out before, not afterwards
            self.slot.withdraw('inactive')

    def _destroy_subscription(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = None
        self.reliability = ''

    def _subscribe(self, policy: ReliabilityPolicy) -> None:
        if self._subscription is None:
            self.last_arrival = time.monotonic()
            self.calibration.subscribe()
        self._destroy_subscription()
        self._subscription, tells_of_loss = subscribe_to_images(
            self._node, self._kind, self._heard.name, self._receive, policy, self._count_lost
        )
        if not tells_of_loss:
            self.lost = None
        self.reliability = policy.name.lower()

    def _forget_ages_after_jumps(self) -> JumpHandle:
        """
        Forget the ages that a clock told which has since been set back, as in a bag that loops.

        An image from the start of the bag that comes before that is as old as the bag is long.

        :return: to be kept as long as this is to be done
        """
        threshold = JumpThreshold(min_forward=None, min_backward=Duration(seconds=PLAUSIBLE_S[0]))
        clock = self._node.get_clock()
        return clock.create_jump_callback(threshold, post_callback=lambda _: self.ages.forget())

    def _receive(self, serialized: bytes) -> None:
        """Keep the image and return at once; conversion waits until it is chosen."""
        self._apply_parameters()
        self.last_arrival = time.monotonic()
        try:
            image = READERS[self._kind](serialized)
        except ImageError as error:
            self.refusal = str(error)
            self.slot.refuse(error.reason)
            return
        self.slot.put(CameraImage(self, image))
        self._describe(image)
        stamp = (image.origin.sec, image.origin.nanosec)
        if self._last_stamp is not None and stamp <= self._last_stamp:
            self._report_disorder(stamp, self._last_stamp)
        self._last_stamp = stamp

    def _describe(self, image: ReceivedImage | ReceivedFile) -> None:
        """Note what diagnostics tell of the last image."""
        self.data_size = len(image.data)
        if isinstance(image, ReceivedImage):
            self.encoding, self.size = shorten(image.encoding), (image.height, image.width)
        else:
            self.encoding, self.size = shorten(image.format), None

    def _apply_parameters(self) -> None:
        """Take what may have been changed since the last image."""
        values = read_parameters(self._node, CameraParameters, self._prefix)
        self.slot.enable(self._is_enabled and values.enabled)
        self.slot.limit(values.max_rate)

    def _report_disorder(self, stamp: tuple[int, int], last: tuple[int, int]) -> None:
        self.disordered += 1
        if self.disordered == 1:
            self._node.get_logger().warning(
                f'{self.topic}: stamps do not increase ({stamp[0]}.{stamp[1]:09d} s after '
                f'{last[0]}.{last[1]:09d} s); images are processed all '
                'the same. Does the camera set its stamps? Is more than one camera on this topic?'
            )

    def _count_lost(self, event: object) -> None:
        self.lost = (self.lost or 0) + getattr(event, 'total_count_change', 0)
