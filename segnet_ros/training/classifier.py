"""SegNet's encoder as a classifier of photographs, and the steps that train it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import time
from typing import NamedTuple

from segnet_ros.core.model import initialize
from segnet_ros.core.model import make_encoder
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.augmentation import load_epoch
from segnet_ros.training.augmentation import prepare_worker
from segnet_ros.training.loop import autocast
from segnet_ros.training.loop import Budget
from segnet_ros.training.loop import Position
from segnet_ros.training.loop import TrainingError
from segnet_ros.training.photographs import HeldOutPhotographs
from segnet_ros.training.photographs import TrainingPhotographs
from segnet_ros.training.schedule import one_cycle
import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows
from torch.utils.data import DataLoader

LABEL_SMOOTHING = 0.1
"""Share of each target that is spread over all classes, against overfitting to few images."""


class ClassifierStep(NamedTuple):
    """What one batch did, for progress bar and TensorBoard."""

    progress: float
    loss: float
    learning_rate: float


class EncoderClassifier(nn.Module):
    """
    The encoder, average pooling and one linear layer.

    The encoder's weights have the names that they have in ``SegNet.encoder``. There is no pooling
    after its last stage, so that each of its pixels counts.
    """

    def __init__(self, config: SegNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = make_encoder(config)
        self.classifier = nn.Linear(config.widths[-1], config.num_classes)
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """
        Compute the logits of each class.

        :param x: normalized images, float (N, 3, H, W)
        :return: logits, float (N, num_classes)
        """
        for number, stage in enumerate(self.encoder):
            x = stage(F.max_pool2d(x, 2, ceil_mode=True) if number else x)
        logits: Tensor = self.classifier(x.mean(dim=(2, 3)))
        return logits


@dataclass(frozen=True)
class ClassifierTrainer:
    """All that a step of pretraining needs; of it, network and optimizer change."""

    network: EncoderClassifier
    optimizer: torch.optim.Optimizer
    normalization: Normalization
    device: torch.device
    precision: str
    peak_learning_rate: float

    def train(
        self,
        samples: TrainingPhotographs,
        position: Position,
        budget: Budget,
        batch_size: int,
        workers: int,
    ) -> Iterator[ClassifierStep]:
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
            for images, labels in load_epoch(
                samples, position.epoch, batch_size, position.batch, workers
            ):
                learning_rate = self.peak_learning_rate * one_cycle(progress)
                loss = self._train_batch(images, labels, learning_rate)
                now = time.monotonic()
                position.seconds += now - clock
                clock = now
                position.batch += 1
                if position.batch == batches:
                    position.epoch, position.batch = position.epoch + 1, 0
                progress = position.measure_progress(budget, batches)
                yield ClassifierStep(progress, loss, learning_rate)
                if progress >= 1:
                    return

    def measure_accuracy(
        self, samples: HeldOutPhotographs, batch_size: int, workers: int
    ) -> float:
        """
        Measure the share of photographs whose class is found.

        :return: 0 to 1
        """
        loader = DataLoader(
            samples, batch_size, num_workers=workers, worker_init_fn=prepare_worker
        )
        correct = 0
        self.network.eval()
        with torch.inference_mode():
            for images, labels in loader:
                found = self._compute_logits(images).argmax(dim=1)
                correct += int((found == labels.to(self.device)).sum())
        return correct / len(samples)

    def _train_batch(self, images: Tensor, labels: Tensor, learning_rate: float) -> float:
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate
        self.network.train()
        logits = self._compute_logits(images)
        loss = F.cross_entropy(logits, labels.to(self.device), label_smoothing=LABEL_SMOOTHING)
        if not torch.isfinite(loss):
            raise TrainingError(
                f'expected a finite loss, got {loss.item()} at learning rate {learning_rate:.2g};'
                ' lower --learning-rate, or use --precision fp32'
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _compute_logits(self, images: Tensor) -> Tensor:
        images = self.normalization.normalize(images.to(self.device))
        images = images.contiguous(memory_format=torch.channels_last)
        with autocast(self.device, self.precision):
            logits: Tensor = self.network(images)
        return logits.float()
