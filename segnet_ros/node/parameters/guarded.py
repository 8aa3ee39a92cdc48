"""Parameters that are set together are read together, from any thread."""

from __future__ import annotations

import threading
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from segnet_ros.node.parameters.record import read_parameters
from segnet_ros.node.parameters.record import Record


class GuardedParameters(Node):
    """
    Base of a node whose parameters are read in another thread than the executor's.

    rclpy checks several parameters before it changes the first, but then changes one by one; who
    reads in between would see a new value beside an old one.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what the node takes that this is the base of."""
        # Callbacks that judge a change may read, too. Made before parameters are declared.
        self._change = threading.RLock()
        super().__init__(*args, **options)

    def set_parameters_atomically(
        self, parameter_list: list[Parameter[Any]]
    ) -> SetParametersResult:
        """Set all or none of them; the services that set parameters do it by this."""
        with self._change:
            return super().set_parameters_atomically(parameter_list)

    def read_parameters(self, record_type: type[Record], prefix: str = '') -> Record:
        """
        Read the values as of one moment; safe from any thread.

        :param record_type: dataclass with a field for each parameter, all declared
        :param prefix: of their names
        """
        with self._change:
            return read_parameters(self, record_type, prefix)
