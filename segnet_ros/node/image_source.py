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

from segnet_ros.node.exit_signals import close_for_good
from segnet_ros.node.exit_signals import ExitSignals


def main(args: Sequence[str] | None = None) -> int:
    """
    Run the image source until it is done or interrupted.

    :param args: command line with the program's name first; None means that of the process
    :return: exit status, 0 also after SIGINT and SIGTERM
    """
    signals = ExitSignals()
    # The one clear line about a bad file is ours; OpenCV and FFmpeg would add several.
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'OFF')
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    from segnet_ros.node.image_source_ros import run

    try:
        return run(sys.argv if args is None else args, signals)
    finally:
        close_for_good()


if __name__ == '__main__':
    sys.exit(main())
