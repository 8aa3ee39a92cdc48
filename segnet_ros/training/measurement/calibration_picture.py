"""A calibration as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from segnet_ros.training.measurement.calibration import BINS
from segnet_ros.training.measurement.calibration import Calibration
from segnet_ros.training.measurement.calibration import Counts
from segnet_ros.training.measurement.calibration import sum_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CENTERS = 100 * (np.arange(BINS) + 0.5) / BINS
"""Of the bins, in percent of the highest level."""


def save_calibration_picture(path: Path, calibration: Calibration) -> None:
    """
    Draw a calibration into a PNG file.

    :param path: PNG file, written over
    :raises OSError: if the file cannot be written
    """
    draw_calibration(calibration).savefig(path, format='png')


def draw_calibration(calibration: Calibration) -> Figure:
    """Draw accuracy against confidence, on the left, and against uncertainty."""
    # Without pyplot, which keeps figures and a backend for the whole process.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), dpi=120, layout='constrained')
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot([0, 100], [0, 100], color='0.7', linestyle='--', label='as sure as right')
    _draw(left, calibration.confidence, 'confidence in %')
    left.set_title(f'calibration error {100 * calibration.error:.1f} %', fontsize=10)
    _draw(right, calibration.uncertainty, 'uncertainty in % of the highest')
    wrong, correct = calibration.mean_uncertainty
    right.set_title(
        f'mean uncertainty {100 * wrong:.1f} % where wrong, {100 * correct:.1f} % where right',
        fontsize=10,
    )
    return figure


def _draw(axes: Axes, counts: Counts, name: str) -> None:
    """Draw the accuracy by level, over the share of pixels that have it."""
    binned = sum_bins(counts)
    totals = binned.sum(axis=1)
    share = 100 * totals / max(1, totals.sum())
    axes.bar(CENTERS, share, 100 / BINS, color='0.88', label='share of pixels')
    is_met = totals > 0
    accuracy = 100 * binned[is_met, 1] / totals[is_met]
    axes.plot(CENTERS[is_met], accuracy, marker='o', color='C0', label='right')
    axes.set(xlim=(0, 100), ylim=(0, 100), xlabel=name, ylabel='%')
    axes.legend(fontsize=9)
