"""
Run a module as a program that ends when the process ends that has started it.

``python -m segnet_ros.node.trial.attached MODULE ARGUMENT...``: so that no node is left behind
where whoever started it was killed and could end nothing any more.
"""

from __future__ import annotations

import ctypes
import runpy
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1
"""Source: prctl(2), PR_SET_PDEATHSIG."""


def main() -> None:
    """Run the module that the first argument names, with the others."""
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)


if __name__ == '__main__':
    main()
