"""Errors in one line, for those who look at many."""

from __future__ import annotations

from segnet_ros.node.conversions import LONGEST_EXPLANATION
from segnet_ros.node.conversions import shorten


def describe_error(error: BaseException) -> str:
    """Name an error and its text, of which CUDA's have several lines, in a short one."""
    return shorten(f'{type(error).__name__}: {" ".join(str(error).split())}', LONGEST_EXPLANATION)
