"""One step of training a SegNet, on one rank or several."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property

from segnet_ros.core.network import Network
from segnet_ros.training.data.augmentation import resize
from segnet_ros.training.step.loss import compute_loss
from segnet_ros.training.step.loss import count_labeled
from segnet_ros.training.step.precision import autocast
from segnet_ros.training.step.schedule import grow_size
from segnet_ros.training.step.trainer import Trainer
import torch
from torch import nn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, kw_only=True)
class SegNetTrainer(Trainer):
    """Images and label images in, class ids and 255, uint8 (N, H, W)."""

    network: Network
    class_weights: Tensor
    """Float (num_classes,)."""
    progressive: bool = False
    """Whether small images come first."""
    accumulate: int = 1
    """Parts that a batch is computed in, one after the other, to save memory."""
    freeze_batch_norm: bool = False
    """Whether running statistics are used, and stay as they are."""

    def choose_size(self, progress: float) -> tuple[int, int]:
        """Height and width to train at, at a share of the run, 0 to 1."""
        return grow_size(self.size, progress) if self.progressive else self.size

    def _compute_gradients(self, image: Tensor, label: Tensor, progress: float) -> float:
        """Go forward and back, part by part; each counts by its labeled pixels."""
        if self.freeze_batch_norm:
            self._freeze_batch_norm()
        image, label = resize(image, label, self.choose_size(progress))
        labeled = self.world.sum(count_labeled(label))
        total = torch.zeros((), device=self.device)
        split = (tensor.tensor_split(self.accumulate) for tensor in (image, label))
        parts = list(zip(*split, strict=True))
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

    def _freeze_batch_norm(self) -> None:
        for module in self.network.modules():
            if isinstance(module, _BatchNorm):
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
