"""What changes in the course of a run, as functions of its progress from 0 to 1."""

from __future__ import annotations

import math

from segnet_ros.core.encoder import MIN_SIZE

WARM_UP = 0.08
"""Share of a run in which the learning rate rises."""
START, END = 0.04, 0.002
"""Learning rate at the start and at the end, as shares of the peak."""
SCHEDULES = ('one-cycle', 'constant')
GROWTH = ((0.15, 0.5), (0.65, 0.75), (1.0, 1.0))
"""Until which progress a progressive run trains at which share of the full height and width."""


def scale_learning_rate(schedule: str, progress: float) -> float:
    """
    Learning rate as a share of its peak.

    :param schedule: one of :data:`SCHEDULES`; constant is that of the paper, section 3.2
    :param progress: share of the run that is done, 0 to 1
    """
    return 1.0 if schedule == 'constant' else one_cycle(progress)


def one_cycle(progress: float) -> float:
    """
    Learning rate as a share of its peak: a short rise, then half a cosine.

    Source: Smith, Topin, "Super-Convergence", 2018, in the form that fits any length of run.

    :param progress: share of the run that is done, 0 to 1
    """
    if progress < WARM_UP:
        return START + (1 - START) * progress / WARM_UP
    fall = min(1.0, (progress - WARM_UP) / (1 - WARM_UP))
    return END + (1 - END) * (1 + math.cos(math.pi * fall)) / 2


def grow_size(size: tuple[int, int], progress: float) -> tuple[int, int]:
    """
    Training size of a progressive run: cheap small images first, the full size last.

    :param size: full height and width
    :param progress: share of the run that is done, 0 to 1
    """
    share = next((share for until, share in GROWTH if progress < until), 1.0)
    return max(MIN_SIZE, round(size[0] * share)), max(MIN_SIZE, round(size[1] * share))
