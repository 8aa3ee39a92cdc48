"""Warnings that are given once and say what to do."""

from __future__ import annotations

from collections.abc import Collection
import time
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from segnet_ros.node.cameras.age import CLOCK_MISMATCH
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.diagnostics.deafness import find_deafness
from segnet_ros.node.diagnostics.drop_watch import DropWatch
from segnet_ros.node.diagnostics.loss_watch import LossWatch
from segnet_ros.node.diagnostics.silence import explain_silence
from segnet_ros.node.diagnostics.silence import SILENCE_S
from segnet_ros.node.diagnostics.trouble import Advice
from segnet_ros.node.diagnostics.trouble import Trouble


class Adviser:
    """
    Watch one camera for trouble that users meet; for the thread of the executor.

    :ivar advice: what is wrong at present and what to do
    """

    def __init__(
        self,
        node: Node,
        camera: Camera,
        own_topics: Collection[str],
        publishers: Collection[Publisher[Any]],
    ) -> None:
        """
        Prepare.

        :param own_topics: resolved names of image topics not to propose
        :param publishers: of what belongs to the camera
        """
        self._node = node
        self._camera = camera
        self._own_topics = own_topics
        self._publishers = publishers
        self._drops = DropWatch(camera)
        self._losses = LossWatch(camera)
        self.advice = Advice()
        self._was_given: set[str] = set()

    def check(self) -> None:
        """Look for trouble, and warn of each kind once; to be called once a second."""
        of_input = self._find_trouble_of_input()
        found = [self._drops.find(), self._losses.find(), self._find_deafness()]
        others = [trouble for trouble in found if trouble]
        for trouble in (of_input, *others):
            self._warn(trouble)
        self.advice = Advice(
            of_input.text if of_input else '', tuple(trouble.text for trouble in others)
        )
        if self._camera.ages.summary().is_mismatched:  # the status tells of it by itself
            self._warn(Trouble('clock', f'{self._camera.topic}: {CLOCK_MISMATCH}'))

    def _warn(self, trouble: Trouble | None) -> None:
        if trouble and trouble.kind not in self._was_given:
            self._was_given.add(trouble.kind)
            self._node.get_logger().warning(trouble.text)

    def _find_trouble_of_input(self) -> Trouble | None:
        """Find why images do not come, or not from all who publish them."""
        camera = self._camera
        if camera.is_deaf:
            return Trouble(
                'deaf input',
                f'{camera.topic} has a best-effort publisher, which a reliable subscription does'
                ' not hear; set input_reliability to auto',
            )
        silence_s = time.monotonic() - camera.last_arrival
        if camera.slot.counts().received or silence_s <= SILENCE_S:
            return None
        return Trouble('silence', explain_silence(self._node, camera, self._own_topics))

    def _find_deafness(self) -> Trouble | None:
        """Find a viewer that hears nothing."""
        deafness = find_deafness(self._node, self._publishers)
        return Trouble(f'deaf {deafness.topic}', deafness.text) if deafness else None
