"""What TensorBoard shows of a run."""

from __future__ import annotations

from pathlib import Path

from segnet_ros.training.run.loop import Step
from segnet_ros.training.run.run import Validation
from torch.utils.tensorboard import SummaryWriter


class Board:
    """Writes scalars and overlays into the folder of a run; a context manager."""

    def __init__(self, folder: Path, steps: int) -> None:
        """
        Open the log; what an interrupted run wrote beyond its saved state is forgotten.

        :param folder: of the run
        :param steps: that the run has done
        """
        self._writer = SummaryWriter(folder, purge_step=steps + 1)

    def __enter__(self) -> Board:
        """Begin to write."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write what is left, and close."""
        self._writer.close()

    def add_step(self, step: Step) -> None:
        """Show loss and learning rate of a step."""
        self._writer.add_scalar('loss', step.loss, step.number)
        self._writer.add_scalar('learning_rate', step.learning_rate, step.number)

    def add_validation(self, validation: Validation, metrics: tuple[str, ...], steps: int) -> None:
        """
        Show metrics and overlays of a validation.

        :param metrics: which to show
        :param steps: that the run has done
        """
        for name in metrics:
            if (value := validation.metrics.get(name)) is not None:
                self._writer.add_scalar(f'val/{name}', value, steps)
        for number, overlay in enumerate(validation.overlays):
            self._writer.add_image(f'val/overlay_{number}', overlay, steps, dataformats='HWC')
