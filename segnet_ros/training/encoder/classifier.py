"""SegNet's encoder as a classifier of photographs, and the steps that train it."""

from __future__ import annotations

from dataclasses import dataclass

from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.encoder import initialize
from segnet_ros.core.encoder import make_encoder
from segnet_ros.training.data.loading import prepare_worker
from segnet_ros.training.data.photographs import HeldOutPhotographs
from segnet_ros.training.step.precision import autocast
from segnet_ros.training.step.trainer import Trainer
import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows
from torch.utils.data import DataLoader

LABEL_SMOOTHING = 0.1
"""Share of each target that is spread over all classes, against overfitting to few images."""


class EncoderClassifier(nn.Module):
    """
    The encoder, average pooling and one linear layer.

    The encoder's weights have the names that they have in ``SegNet.encoder``. There is no pooling
    after its last stage, so that each of its pixels counts.
    """

    def __init__(self, config: EncoderConfig) -> None:
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


@dataclass(frozen=True, kw_only=True)
class ClassifierTrainer(Trainer):
    """Images and classes in, int64 (N,)."""

    network: EncoderClassifier

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
                found = self._compute_logits(images.to(self.device)).argmax(dim=1)
                correct += int((found == labels.to(self.device)).sum())
        return correct / len(samples)

    def _compute_gradients(self, image: Tensor, label: Tensor, progress: float) -> float:
        logits = self._compute_logits(image)
        loss = F.cross_entropy(logits, label, label_smoothing=LABEL_SMOOTHING)
        loss.backward()
        return loss.item()

    def _compute_logits(self, images: Tensor) -> Tensor:
        images = self.normalization.normalize(images)
        images = images.contiguous(memory_format=torch.channels_last)
        with autocast(self.device, self.precision):
            logits: Tensor = self.network(images)
        return logits.float()
