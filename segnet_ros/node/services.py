"""The services of a node: enable, reset_statistics, reload."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Sequence

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from segnet_ros.node.cameras.camera import Camera
from segnet_ros.node.inference.segmenter import Segmenter
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger

LOOK_S = 0.001
"""How long a reload keeps the executor at a time."""


class _Turn:
    """Awaited, lets the executor do other things before it comes back."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Services:
    """Offer the services; for the thread of the executor."""

    def __init__(
        self,
        node: Node,
        cameras: Sequence[Camera],
        segmenter: Segmenter,
        describe: Callable[[], str],
    ) -> None:
        """
        Offer them.

        :param describe: says what is loaded now, after a reload
        """
        self._cameras = cameras
        self._segmenter = segmenter
        self._describe = describe
        self._logger = node.get_logger()
        node.create_service(SetBool, '~/enable', self._enable)
        node.create_service(Trigger, '~/reset_statistics', self._reset_statistics)
        # In a group of its own: while it waits, nothing else of its group is called.
        alone = MutuallyExclusiveCallbackGroup()
        node.create_service(Trigger, '~/reload', self._reload, callback_group=alone)

    def _enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        for camera in self._cameras:
            camera.enable(request.data)
        response.success = True
        response.message = 'images are segmented' if request.data else 'images are dropped'
        return response

    def _reset_statistics(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        for camera in self._cameras:
            camera.reset_statistics()
        if self._segmenter.thread:
            self._segmenter.thread.reset_statistics()
        response.success = True
        response.message = 'counts and ages begin anew'
        return response

    async def _reload(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        """Answer after the exchange or its refusal, while images keep flowing."""
        try:
            successor = self._segmenter.start_reload()
        except ValueError as error:
            response.message = str(error)
            return response
        # rclpy comes back to a coroutine at once, whatever it awaits: not to spin, wait here.
        while not successor.settled.wait(LOOK_S):
            await _Turn()
        failure = self._segmenter.finish_reload(successor)
        response.success = not failure
        if failure:
            response.message = f'kept the old network: {failure}'
            self._logger.warning(response.message)
        else:
            response.message = self._describe()
            self._logger.info(f'reloaded: {response.message}')
        return response
