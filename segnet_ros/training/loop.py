"""The training loop: batches in, a better network out, resumable at any batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import time

from segnet_ros.core.model import SegNet
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.augmentation import load_epoch
from segnet_ros.training.augmentation import resize
from segnet_ros.training.augmentation import TrainingSet
from segnet_ros.training.loss import compute_loss
from segnet_ros.training.schedule import grow_size
from segnet_ros.training.schedule import one_cycle
import torch
from torch import Tensor


class TrainingError(ValueError):
    """Raised when a run cannot go on as asked."""


@dataclass(frozen=True)
class Budget:
    """How long to train: a number of epochs, or of minutes."""

    epochs: int | None = None
    minutes: float | None = None


@dataclass
class Position:
    """How far a run has come."""

    epoch: int = 0
    batch: int = 0
    """Batches done in this epoch."""
    seconds: float = 0.0
    """Time spent, validation included, over all parts of an interrupted run."""

    def measure_progress(self, budget: Budget, batches_per_epoch: int) -> float:
        """Share of the budget that is spent, 0 to 1."""
        if budget.minutes is not None:
            return min(1.0, self.seconds / (60 * budget.minutes))
        assert budget.epochs is not None
        return (self.epoch + self.batch / batches_per_epoch) / budget.epochs

    def count_steps(self, batches_per_epoch: int) -> int:
        """Count the steps done, over all epochs."""
        return self.epoch * batches_per_epoch + self.batch


@dataclass(frozen=True)
class Step:
    """What one batch did, for progress bar and TensorBoard."""

    position: Position
    progress: float
    loss: float
    learning_rate: float
    size: tuple[int, int]
    number: int
    """Counts the steps of the run, from 1."""


@dataclass(frozen=True)
class Trainer:
    """All that a training step needs; of it, network and optimizer change."""

    network: SegNet
    optimizer: torch.optim.Optimizer
    class_weights: Tensor
    normalization: Normalization
    device: torch.device
    precision: str
    peak_learning_rate: float
    size: tuple[int, int]
    progressive: bool

    def train(
        self,
        samples: TrainingSet,
        position: Position,
        budget: Budget,
        batch_size: int,
        workers: int,
    ) -> Iterator[Step]:
        """
        Train until the budget is spent, one step per iteration.

        :param samples: what to learn from
        :param position: where to begin; kept up to date
        :return: steps as they are done; the caller may validate and save between them
        :raises TrainingError: if the loss is not finite
        """
        batches = len(samples) // batch_size
        clock = time.monotonic()
        while (progress := position.measure_progress(budget, batches)) < 1:
            for image, label in load_epoch(
                samples, position.epoch, batch_size, position.batch, workers
            ):
                step = self._train_batch(image, label, progress)
                now = time.monotonic()
                position.seconds += now - clock
                clock = now
                position.batch += 1
                if position.batch == batches:
                    position.epoch, position.batch = position.epoch + 1, 0
                progress = position.measure_progress(budget, batches)
                yield Step(position, progress, *step, position.count_steps(batches))
                if progress >= 1:
                    return

    def _train_batch(
        self, image: Tensor, label: Tensor, progress: float
    ) -> tuple[float, float, tuple[int, int]]:
        learning_rate = self.peak_learning_rate * one_cycle(progress)
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate
        size = grow_size(self.size, progress) if self.progressive else self.size
        image, label = resize(image.to(self.device), label.to(self.device), size)
        image = self.normalization.normalize(image)
        image = image.contiguous(memory_format=torch.channels_last)
        self.network.train()
        with autocast(self.device, self.precision):
            logits = self.network(image)
        loss = compute_loss(logits, label, self.class_weights)
        if not torch.isfinite(loss):
            raise TrainingError(
                f'expected a finite loss, got {loss.item()} at learning rate {learning_rate:.2g};'
                ' lower --learning-rate, or use --precision fp32'
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item(), learning_rate, size


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """
    Compute convolutions in the given precision, where that is not fp32.

    :param device: where it is computed
    :param precision: ``fp32`` or ``bf16``; weights stay fp32, and bf16 needs no loss scaling
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == 'bf16')
