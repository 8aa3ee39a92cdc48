"""
Segment the images of a camera topic: entry of the executable ``segnet_node``.

ROS is imported only once signals are listened to, so that an interrupt during the start
leaves no traceback; what runs then is in ``segnet_node_ros.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import sys
from typing import Any
from typing import NoReturn

from segnet_ros.node.process.exit_signals import ExitSignals
from segnet_ros.node.process.exit_signals import leave


def main(
    args: Sequence[str] | None = None, predictor_factory: Callable[..., Any] | None = None
) -> NoReturn:
    """
    Run the node, and end the process; takes over its signals before the slow imports.

    :param args: command line, the program's name first; None for the process's own
    :param predictor_factory: stands in for ``Predictor.from_checkpoint``, for tests
    """
    signals = ExitSignals()
    from segnet_ros.node.segnet_node_ros import load_predictor
    from segnet_ros.node.segnet_node_ros import run

    # To take the interpreter apart would cost up to a second with PyTorch, and would abort in a
    # forward pass that still runs.
    leave(run(sys.argv if args is None else args, predictor_factory or load_predictor, signals))


if __name__ == '__main__':
    main()
