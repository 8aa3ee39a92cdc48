"""One step of training: a batch in, a better network out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextlib import nullcontext
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
import math

from segnet_ros.core.model import SegNet
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.augmentation import resize
from segnet_ros.training.distributed import World
from segnet_ros.training.loss import compute_loss
from segnet_ros.training.loss import count_labeled
from segnet_ros.training.precision import autocast
from segnet_ros.training.schedule import grow_size
from segnet_ros.training.schedule import scale_learning_rate
import torch
from torch import nn
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel


class TrainingError(ValueError):
    """Raised when a run cannot go on as asked."""


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
    schedule: str = 'one-cycle'
    progressive: bool = False
    accumulate: int = 1
    """Parts that a batch is computed in, one after the other, to save memory."""
    clip_norm: float | None = None
    """Greatest norm of the gradient of all parameters together."""
    freeze_batch_norm: bool = False
    """Whether running statistics are used, and stay as they are."""
    world: World = field(default_factory=World)

    def choose_learning_rate(self, progress: float) -> float:
        """Learning rate at a share of the run, 0 to 1."""
        return self.peak_learning_rate * scale_learning_rate(self.schedule, progress)

    def choose_size(self, progress: float) -> tuple[int, int]:
        """Height and width to train at, at a share of the run, 0 to 1."""
        return grow_size(self.size, progress) if self.progressive else self.size

    def train_batch(self, image: Tensor, label: Tensor, progress: float) -> float:
        """
        Do one step.

        :param image: RGB, uint8 (N, 3, H, W); of several ranks, this one's part of the batch
        :param label: class ids and 255, uint8 (N, H, W)
        :param progress: share of the run that is done, 0 to 1
        :return: loss of the whole batch, of all ranks together
        :raises TrainingError: if it is not finite; nothing has changed then
        """
        image, label = resize(
            image.to(self.device, non_blocking=True),
            label.to(self.device, non_blocking=True),
            self.choose_size(progress),
        )
        loss = self._compute_gradients(image, label)
        if not math.isfinite(loss):
            raise TrainingError(f'expected a finite loss, got {loss}')
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_norm)
        for group in self.optimizer.param_groups:
            group['lr'] = self.choose_learning_rate(progress)
        self.optimizer.step()
        return loss

    def _compute_gradients(self, image: Tensor, label: Tensor) -> float:
        """Go forward and back, part by part; each counts by its labeled pixels."""
        self._set_training_mode()
        self.optimizer.zero_grad(set_to_none=True)
        labeled = self.world.sum(count_labeled(label)).clamp(min=1)
        total = torch.zeros((), device=self.device)
        parts = list(zip(image.chunk(self.accumulate), label.chunk(self.accumulate), strict=True))
        for number, (part, truth) in enumerate(parts, 1):
            x = self.normalization.normalize(part)
            x = x.contiguous(memory_format=torch.channels_last)
            with self._exchange_gradients(number == len(parts)):
                with autocast(self.device, self.precision):
                    logits = self._parallel(x)
                loss = compute_loss(logits, truth, self.class_weights, labeled)
                # The ranks' gradients are averaged; their sum is wanted.
                (loss * self.world.size).backward()
            total += loss.detach()
        return self.world.sum(total).item()

    def _set_training_mode(self) -> None:
        self.network.train()
        if self.freeze_batch_norm:
            for module in self.network.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()

    @cached_property
    def _parallel(self) -> nn.Module:
        """The network; where there are several ranks, one that sums up their gradients."""
        if self.world.size == 1:
            return self.network
        on_gpu = self.device.type == 'cuda'
        return DistributedDataParallel(self.network, [self.device] if on_gpu else None)

    def _exchange_gradients(self, is_last: bool) -> AbstractContextManager[None]:
        """Let the ranks exchange gradients once per batch, in its last part."""
        if isinstance(self._parallel, DistributedDataParallel) and not is_last:
            return self._parallel.no_sync()
        return nullcontext()
