"""The training loop: epoch after epoch, resumable at any batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import itertools
import time

from segnet_ros.training.data.loading import load_batches
from segnet_ros.training.data.loading import LoadingError
from segnet_ros.training.data.loading import RunSampler
from segnet_ros.training.data.training_set import Draw
from segnet_ros.training.data.training_set import SeededSamples
from segnet_ros.training.step.trainer import Trainer
from segnet_ros.training.step.trainer import TrainingError
from torch import Tensor


@dataclass(frozen=True)
class Plan:
    """How a run goes through its samples, and how long: a number of epochs, or of minutes."""

    batch_size: int
    """Samples per step, of all ranks together."""
    epochs: int | None = None
    minutes: float | None = None
    workers: int = 0
    """Processes of each rank that load samples."""


@dataclass
class Position:
    """How far a run has come."""

    epoch: int = 0
    batch: int = 0
    """Batches done in this epoch."""
    seconds: float = 0.0
    """Time spent, validation included, over all parts of an interrupted run."""

    def measure_progress(self, plan: Plan, batches_per_epoch: int) -> float:
        """Share of the run that is done, 0 to 1."""
        if plan.minutes is not None:
            return min(1.0, self.seconds / (60 * plan.minutes))
        assert plan.epochs is not None
        return (self.epoch + self.batch / batches_per_epoch) / plan.epochs

    def advance(self, batches_per_epoch: int, seconds: float) -> None:
        """Count one more batch, and the time since the last."""
        self.seconds += seconds
        self.batch += 1
        if self.batch == batches_per_epoch:
            self.epoch, self.batch = self.epoch + 1, 0

    def count_steps(self, batches_per_epoch: int) -> int:
        """Count the steps done, over all epochs."""
        return self.epoch * batches_per_epoch + self.batch


@dataclass(frozen=True)
class Step:
    """What one batch did, for progress bar, history and TensorBoard."""

    position: Position
    progress: float
    loss: float
    learning_rate: float
    size: tuple[int, int]
    number: int
    """Counts the steps of the run, from 1."""


def train(
    trainer: Trainer, samples: SeededSamples, position: Position, plan: Plan
) -> Iterator[Step]:
    """
    Train to the end of the plan, one step per iteration.

    :param trainer: does the steps
    :param samples: what to learn from
    :param position: where to begin; kept up to date
    :param plan: the same on all ranks
    :return: steps as they are done; the caller may validate and save between them
    :raises TrainingError: if the loss is not finite, with the samples named
    :raises LoadingError: if a loading process has ended
    """
    batches = len(samples) // plan.batch_size
    progress = position.measure_progress(plan, batches)
    if progress >= 1:
        return
    clock = time.monotonic()
    for draws, image, label in _load(trainer, samples, position, plan):
        try:
            loss = trainer.train_batch(image, label, progress)
        except TrainingError as error:
            names = ', '.join(map(samples.describe, draws))
            raise TrainingError(_explain(error, trainer, position, progress, names)) from error
        now = time.monotonic()
        seconds = trainer.world.take_from_first(now - clock, trainer.device)
        clock = now
        position.advance(batches, seconds)
        begun, progress = progress, position.measure_progress(plan, batches)
        yield Step(
            position,
            progress,
            loss,
            trainer.choose_learning_rate(begun),
            trainer.choose_size(begun),
            position.count_steps(batches),
        )
        if progress >= 1:
            return


def _load(
    trainer: Trainer, samples: SeededSamples, position: Position, plan: Plan
) -> Iterator[tuple[list[Draw], Tensor, Tensor]]:
    """Load what this rank has to do of each batch, from a position on, without an end."""

    def make_sampler() -> RunSampler:
        return RunSampler(samples, position.epoch, plan.batch_size, trainer.world, position.batch)

    own_size = plan.batch_size // trainer.world.size
    # The same draws twice: the loader runs ahead of what is trained on.
    draws = iter(make_sampler())
    pin = trainer.device.type == 'cuda'
    batches = iter(load_batches(samples, make_sampler(), own_size, plan.workers, pin))
    while True:
        try:
            image, label = next(batches)
        # The last two where one ends while it hands over a batch.
        except (RuntimeError, ConnectionError, EOFError) as error:
            raise LoadingError(str(error)) from error
        yield list(itertools.islice(draws, own_size)), image, label


def _explain(
    error: TrainingError, trainer: Trainer, position: Position, progress: float, names: str
) -> str:
    return (
        f'{error} in epoch {position.epoch + 1}, batch {position.batch + 1}, at learning rate'
        f' {trainer.choose_learning_rate(progress):.2g}, from {names}; look at these, lower'
        ' --learning-rate, or use --clip-norm or --precision fp32'
    )
