"""What the node tells of itself on ``/diagnostics``."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecycleNode
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.diagnostics.advice import Adviser
from segnet_ros.node.diagnostics.camera_monitor import CameraMonitor
from segnet_ros.node.diagnostics.network_monitor import NetworkMonitor
from segnet_ros.node.inference.segmenter import Segmenter
from segnet_ros.node.label_info import LabelInfoPublisher
from segnet_ros.node.parameters.segnet_parameters import Parameters

FINALIZED = 'finalized: start the node anew'


class Diagnostics:
    """Publish a status of each camera, of the network and of inference; for the executor."""

    def __init__(
        self,
        node: LifecycleNode,
        cameras: Sequence[Camera],
        segmenter: Segmenter,
        label_info: LabelInfoPublisher,
    ) -> None:
        """
        Advertise; nothing is published yet.

        :param label_info: whose subscribers are looked at, as those of the cameras' outputs are
        """
        self._node = node
        self._segmenter = segmenter
        node_name = node.get_fully_qualified_name()
        own_topics = [topic for camera in cameras for topic in camera.outputs.topics]
        self._monitors = [CameraMonitor(node_name, camera) for camera in cameras]
        self._advisers = [
            Adviser(
                node,
                camera,
                own_topics,
                (*camera.outputs.publishers, *label_info.publishers_of(camera.name)),
            )
            for camera in cameras
        ]
        self._network_monitor = NetworkMonitor(node_name, segmenter)
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 1)

    def look_for_advice(self) -> None:
        """Look at the graph for what keeps images away, and log it."""
        for adviser in self._advisers:
            adviser.check()

    def publish(self, parameters: Parameters, is_active: bool) -> None:
        """
        Publish all of them.

        :param parameters: as they are now
        :param is_active: whether the cameras are heard
        """
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        predictor = self._segmenter.predictor
        hardware_id = predictor.hardware_id if predictor else parameters.device
        classes = predictor.label_set.names if predictor else ()
        obstacle = '' if is_active else self._describe_obstacle()
        message.status = [
            *(
                monitor.status(hardware_id, classes, obstacle, adviser.advice, parameters)
                for monitor, adviser in zip(self._monitors, self._advisers, strict=True)
            ),
            self._network_monitor.describe_model(
                hardware_id, FINALIZED if self._is_finalized() else 'configure the node'
            ),
            self._network_monitor.describe_inference(hardware_id, parameters),
        ]
        self._publisher.publish(message)

    def _describe_obstacle(self) -> str:
        """Say why no images are segmented, while the node is not active."""
        if self._is_finalized():
            return FINALIZED
        if self._segmenter.is_loading:
            return 'loading the network'
        if self._segmenter.predictor:
            return 'inactive: the network is loaded, the cameras are not heard'
        return 'not configured: no network is loaded'

    def _is_finalized(self) -> bool:
        """Tell whether no transition leads anywhere any more."""
        # rclpy tells it to itself and to services only.
        return bool(self._node._state_machine.current_state[1] == 'finalized')
