"""A confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELL = 0.42
"""Edge of a cell in inches: wide enough for ``100``."""
MIN_EDGE = 4
"""Smallest edge of the picture in inches: wide enough for its title."""
MANY = 20
"""From more classes on, names stand on all four sides."""


def save_confusion_picture(path: Path, counts: NDArray[np.int64], names: Sequence[str]) -> None:
    """
    Draw how the pixels of each true class were predicted, in percent, into a PNG file.

    Each row sums to 100; what rounds to 0 is left empty. Rows of classes without a pixel are
    hatched.

    :param path: PNG file, written over
    :param counts: int64 (num_classes, num_classes); rows are the truth, columns the prediction
    :param names: class names
    :raises OSError: if the file cannot be written
    """
    # Without pyplot, which keeps figures and a backend for the whole process.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sides = 2 if len(names) > MANY else 1
    edge = CELL * len(names) + 0.09 * sides * max(map(len, names)) + 1.2
    edge = max(edge, MIN_EDGE)
    figure = Figure(figsize=(edge, edge), dpi=120, layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw_cells(axes, counts)
    _label(axes, names)
    figure.savefig(path, format='png')


def _draw_cells(axes: Axes, counts: NDArray[np.int64]) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    percent = 100 * counts / np.maximum(totals, 1)
    axes.imshow(percent, cmap='Blues', vmin=0, vmax=100)
    for row, column in np.argwhere(np.rint(percent) > 0):
        value = percent[row, column]
        color = 'white' if value > 60 else 'black'
        axes.text(column, row, f'{value:.0f}', ha='center', va='center', color=color, fontsize=9)
    for row in np.flatnonzero(totals == 0):
        axes.axhspan(row - 0.5, row + 0.5, facecolor='none', edgecolor='0.8', hatch='////', lw=0)


def _label(axes: Axes, names: Sequence[str]) -> None:
    ticks, lines = range(len(names)), np.arange(len(names) + 1) - 0.5
    axes.set_xticks(ticks, names, rotation=90, fontsize=9)
    axes.set_yticks(ticks, names, fontsize=9)
    axes.set_xticks(lines, minor=True)
    axes.set_yticks(lines, minor=True)
    axes.grid(which='minor', color='0.9', linewidth=0.5)
    is_many = len(names) > MANY
    axes.tick_params(which='both', length=0, labeltop=is_many, labelright=is_many)
    axes.tick_params(axis='x', labelrotation=90)
    axes.set_xlabel('predicted class')
    axes.set_ylabel('true class')
    axes.set_title('% of the pixels of each true class', fontsize=10)
