"""How a run went: a row per validation, as a table and as curves."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from segnet_ros.core.weight_files import write_atomically
from segnet_ros.training.run.loop import Position
from segnet_ros.training.run.loop import Step

COLUMNS = ('epoch', 'step', 'minutes', 'learning_rate', 'loss')
"""Of the table; the metrics follow."""

Row = dict[str, Any]


@dataclass
class History:
    """
    What was measured in the course of a run; plain values, to be saved with its state.

    :ivar metrics: names of the fractions that a validation gives, each of them a column
    :ivar rows: one per validation, by the names of the columns
    """

    metrics: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    losses: float = 0.0
    """Sum of the losses since the last row."""
    steps: int = 0
    """Number of steps since the last row."""

    def add_step(self, step: Step) -> None:
        """Take the loss of a step into the mean of the next row."""
        self.losses += step.loss
        self.steps += 1

    def has_row_of(self, step: int) -> bool:
        """Tell whether the last row was closed after this number of steps."""
        return bool(self.rows) and self.rows[-1]['step'] == step

    def add_row(self, position: Position, step: int, learning_rate: float, metrics: Row) -> None:
        """
        Close a row with the metrics of a validation; one of the same step is replaced.

        :param position: of the run
        :param step: number of steps done
        :param learning_rate: of the last step
        :param metrics: those that are columns are kept
        """
        loss = self.losses / self.steps if self.steps else None
        if self.has_row_of(step):
            loss = self.rows.pop()['loss']
        row = {
            'epoch': position.epoch,
            'step': step,
            'minutes': round(position.seconds / 60, 2),
            'learning_rate': learning_rate,
            'loss': loss,
        }
        self.rows.append(row | {name: metrics.get(name) for name in self.metrics})
        self.losses, self.steps = 0.0, 0

    def find_best(self, metric: str) -> float:
        """Highest value so far of one of the metrics; below 0 before the first."""
        return max((row[metric] for row in self.rows if row[metric] is not None), default=-1.0)

    def write_table(self, path: Path) -> None:
        """Write the rows as CSV."""
        with (
            write_atomically(path) as temporary,
            open(temporary, 'w', newline='', encoding='utf-8') as file,
        ):
            writer = csv.DictWriter(file, (*COLUMNS, *self.metrics))
            writer.writeheader()
            writer.writerows(self.rows)

    def draw_curves(self, path: Path) -> None:
        """Draw loss and metrics over the steps, as a PNG picture."""
        # Imported at need: pictures are made once a run, and pyplot would be state of the process.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 4.5), layout='constrained')
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        steps = [row['step'] for row in self.rows]
        left.plot(steps, _collect(self.rows, 'loss'), marker='.', color='tab:red')
        left.set(title='training loss', xlabel='step')
        for name in self.metrics:
            right.plot(steps, _collect(self.rows, name, 100), marker='.', label=name)
        right.set(title='validation', xlabel='step', ylabel='%', ylim=(0, 100))
        right.legend(loc='lower right')
        for axes in (left, right):
            axes.grid(alpha=0.3)
        with write_atomically(path) as temporary:
            figure.savefig(temporary, format='png', dpi=100)


def _collect(rows: list[Row], name: str, factor: float = 1.0) -> list[float]:
    values = (row[name] for row in rows)
    return [float('nan') if value is None else factor * value for value in values]
