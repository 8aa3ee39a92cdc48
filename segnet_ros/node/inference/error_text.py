"""Errors in one line, for those who look at many."""

from __future__ import annotations

from segnet_ros.images.image_error import LONGEST_EXPLANATION
from segnet_ros.images.image_error import shorten

MEMORY_REMEDY = 'end other programs on the GPU, or lower input_height and input_width'
OTHER_REMEDY = 'start the node anew; if it comes back, report it with the log'


def propose_remedy(error: BaseException) -> str:
    """Say what to do about an error of the predictor."""
    is_about_memory = type(error).__name__ == 'OutOfMemoryError'
    return MEMORY_REMEDY if is_about_memory else OTHER_REMEDY


def describe_error(error: BaseException) -> str:
    """Name an error and its text, of which CUDA's have several lines, in a short one."""
    return shorten(f'{type(error).__name__}: {" ".join(str(error).split())}', LONGEST_EXPLANATION)
