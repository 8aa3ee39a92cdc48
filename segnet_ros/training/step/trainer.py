"""One step of training, whatever is trained: a batch in, a better network out."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from dataclasses import dataclass
from dataclasses import field
import math

from segnet_ros.core.normalization import Normalization
from segnet_ros.training.step.distributed import World
from segnet_ros.training.step.schedule import scale_learning_rate
import torch
from torch import nn
from torch import Tensor


class TrainingError(ValueError):
    """Raised when a run cannot go on as asked."""


@dataclass(frozen=True, kw_only=True)
class Trainer(ABC):
    """All that a training step needs; of it, network and optimizer change."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    normalization: Normalization
    device: torch.device
    precision: str
    """fp32 or bf16."""
    peak_learning_rate: float
    size: tuple[int, int]
    """Height and width to train at."""
    schedule: str = 'one-cycle'
    clip_norm: float | None = None
    """Greatest norm of the gradient of all parameters together."""
    world: World = field(default_factory=World)

    def choose_learning_rate(self, progress: float) -> float:
        """Learning rate at a share of the run, 0 to 1."""
        return self.peak_learning_rate * scale_learning_rate(self.schedule, progress)

    def choose_size(self, progress: float) -> tuple[int, int]:
        """Height and width to train at, at a share of the run, 0 to 1."""
        return self.size

    def train_batch(self, image: Tensor, label: Tensor, progress: float) -> float:
        """
        Do one step.

        :param image: RGB, uint8 (N, 3, H, W); of several ranks, this one's part of the batch
        :param label: what the images show, as the network is to tell
        :param progress: share of the run that is done, 0 to 1
        :return: loss of the whole batch, of all ranks together
        :raises TrainingError: if it, or a gradient, is not finite; no weight has changed then
        """
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._compute_gradients(
            image.to(self.device, non_blocking=True),
            label.to(self.device, non_blocking=True),
            progress,
        )
        if not math.isfinite(loss):
            raise TrainingError(f'expected a finite loss, got {loss}')
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_norm or math.inf)
        if not math.isfinite(norm):
            raise TrainingError(f'expected finite gradients, got a norm of {norm}')
        for group in self.optimizer.param_groups:
            group['lr'] = self.choose_learning_rate(progress)
        self.optimizer.step()
        return loss

    @abstractmethod
    def _compute_gradients(self, image: Tensor, label: Tensor, progress: float) -> float:
        """Go forward and back, and return the loss."""
