"""
Publish a video, a folder of images, a webcam or rendered scenes as if by a camera.

Entry of the executable ``segnet_image_source``. ROS is imported only once signals are listened to,
so that an interrupt during the start leaves no traceback; what runs then is in
``image_source_ros.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
import sys
from typing import NoReturn

from segnet_ros.node.process.exit_signals import ExitSignals
from segnet_ros.node.process.exit_signals import leave


def main(args: Sequence[str] | None = None) -> NoReturn:
    """
    Run the image source until it is done or interrupted, and end the process.

    :param args: command line, the program's name first; None for the process's own
    """
    signals = ExitSignals()
    # The one clear line about a bad file is ours; OpenCV and FFmpeg would add several.
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'OFF')
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    from segnet_ros.node.source.image_source_ros import run

    # A read from a webcam may still block; C++ code in a thread that meets the end of the
    # interpreter would abort.
    leave(run(sys.argv if args is None else args, signals))


if __name__ == '__main__':
    main()
