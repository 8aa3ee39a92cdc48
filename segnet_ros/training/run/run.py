"""One training run, whatever is trained: how far it has come, and what is written of it."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
import argparse
import dataclasses
from pathlib import Path
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.data.training_set import SeededSamples
from segnet_ros.training.run.history import History
from segnet_ros.training.run.loop import Position
from segnet_ros.training.run.state import load_state
from segnet_ros.training.run.state import save_state
from segnet_ros.training.run.state import STATE_NAME
from segnet_ros.training.step.trainer import Trainer


class Validation(NamedTuple):
    """What a validation found."""

    metrics: dict[str, Any]
    """Plain values by name; those that :class:`History` keeps are fractions."""
    text: str
    """The most important of them, in a line."""
    overlays: list[NDArray[np.uint8]]
    """Some images with what was predicted, RGB, uint8 (H, W, 3)."""


class Run(ABC):
    """
    A run between its options and its files, on one of the ranks.

    :ivar options: of the command, checked and complete
    :ivar trainer: does the steps
    :ivar samples: what to learn from
    :ivar recipe: what makes up the run, plain values
    :ivar position: how far it has come
    :ivar history: what was measured so far
    """

    def __init__(
        self,
        options: argparse.Namespace,
        trainer: Trainer,
        samples: SeededSamples,
        recipe: dict[str, Any],
        metrics: tuple[str, ...],
    ) -> None:
        """
        Start, or continue where the run was left.

        :param metrics: names of the fractions that a validation gives
        :raises ValueError: if the samples are less than a batch, or the state does not fit
        """
        self.options = options
        self.trainer = trainer
        self.samples = samples
        self.recipe = recipe | {'normalization': dataclasses.asdict(trainer.normalization)}
        self.position, self.history = Position(), History(metrics)
        _check_batch(options.batch_size, len(samples), trainer.world.size)
        if options.resume:
            self.position, self.history, self.recipe = load_state(
                options.output / STATE_NAME, trainer, self.recipe
            )
            normalization = Normalization(**self.recipe['normalization'])
            self.trainer = dataclasses.replace(trainer, normalization=normalization)

    @property
    def steps(self) -> int:
        """How many steps have been done."""
        return self.position.count_steps(len(self.samples) // self.options.batch_size)

    @property
    def owes_validation(self) -> bool:
        """Whether an epoch has just ended that is to be validated, and was not."""
        epoch, batch = self.position.epoch, self.position.batch
        is_due = epoch > 0 and batch == 0 and epoch % self.options.validate_every == 0
        return is_due and not self.history.has_row_of(self.steps)

    @property
    def output(self) -> Path:
        """Folder of everything that is written."""
        return Path(self.options.output)

    def save(self) -> None:
        """Write the state to resume from."""
        if self.trainer.world.is_first:
            path = self.output / STATE_NAME
            save_state(path, self.trainer, self.position, self.history, self.recipe)

    def validate(self) -> Validation:
        """Measure the network as it is, note the metrics, and write what is made of them."""
        validation = self.measure()
        rate = self.trainer.optimizer.param_groups[0]['lr']
        self.history.add_row(self.position, self.steps, rate, validation.metrics)
        if self.trainer.world.is_first:
            self.history.write_table(self.output / 'history.csv')
        return validation

    def finish(self) -> None:
        """Draw how the run went."""
        if self.trainer.world.is_first:
            self.history.draw_curves(self.output / 'curves.png')
            print(f'wrote {self.describe_files()}, history.csv and curves.png into {self.output}')

    @abstractmethod
    def describe(self) -> str:
        """Tell what is about to be done, in a line."""

    @abstractmethod
    def describe_files(self) -> str:
        """Name the files with weights."""

    @abstractmethod
    def measure(self) -> Validation:
        """Measure the network as it is, and write its weights."""


def _check_batch(batch_size: int, samples: int, ranks: int) -> None:
    if samples < batch_size:
        raise ValueError(
            f'expected at least one batch of {batch_size}, found {samples} samples; add some, or'
            ' lower --batch-size'
        )
    if batch_size % ranks:
        raise ValueError(
            f'expected a --batch-size that {ranks} processes can share, got {batch_size};'
            f' use a multiple of {ranks}'
        )
