"""One run of pretraining: options made into network, data and optimizer, and what is written."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.predictor import select_device
from segnet_ros.training.classifier import ClassifierTrainer
from segnet_ros.training.classifier import EncoderClassifier
from segnet_ros.training.encoder_file import EncoderFile
from segnet_ros.training.encoder_file import save_encoder
from segnet_ros.training.loop import Position
from segnet_ros.training.optimizer import make_optimizer
from segnet_ros.training.optimizer import select_training_precision
from segnet_ros.training.options import describe_recipe
from segnet_ros.training.photographs import describe_photographs
from segnet_ros.training.photographs import HeldOutPhotographs
from segnet_ros.training.photographs import PhotographFolder
from segnet_ros.training.photographs import TrainingPhotographs
from segnet_ros.training.provenance import describe_run
from segnet_ros.training.provenance import read_commit
from segnet_ros.training.state import load_state
from segnet_ros.training.state import save_state
import torch


class PretrainRun:
    """
    A run between its options and its files.

    :ivar metrics: of the last validation, plain values; empty before the first
    """

    def __init__(self, options: argparse.Namespace) -> None:
        """
        List the photographs and make the network; or continue where the run was left.

        :param options: of ``segnet_pretrain``, checked
        :raises ValueError: if data or device do not fit
        :raises OSError: if a file cannot be read
        """
        self._options = options
        folder = PhotographFolder(options.data)
        kept, held_out = folder.split(options.val_share, options.seed)
        self.classes = folder.classes
        self.samples = TrainingPhotographs(kept, options.size, options.seed)
        self.validation = HeldOutPhotographs(held_out, options.size)
        if len(kept) < options.batch_size:
            raise ValueError(
                f'expected at least one batch of {options.batch_size}, found {len(kept)}'
                ' photographs to train on; add some, or lower --batch-size'
            )
        normalization = Normalization()
        self.trainer = self._make_trainer(normalization)
        self.metrics: dict[str, Any] = {}
        self.position = Position()
        # The classes by number and digest: hundreds of names would say little in a checkpoint.
        self._recipe = describe_recipe(options) | {
            'classes': len(folder.classes),
            'images': describe_photographs(kept + held_out),
            'commit': read_commit(),
            'normalization': dataclasses.asdict(normalization),
        }
        if options.resume:
            self.position, self._recipe = load_state(self._state_path, self.trainer, self._recipe)

    @property
    def encoder_path(self) -> Path:
        """Where the encoder is written."""
        return Path(self._options.output) / 'encoder.safetensors'

    @property
    def steps(self) -> int:
        """How many steps have been done."""
        return self.position.count_steps(len(self.samples) // self._options.batch_size)

    @property
    def _state_path(self) -> Path:
        return Path(self._options.output) / 'state.pt'

    def save(self) -> None:
        """Write the state to resume from."""
        save_state(self._state_path, self.trainer, self.position, self._recipe)

    def validate(self) -> None:
        """Measure the accuracy on what was held out, and write the encoder."""
        options = self._options
        accuracy = self.trainer.measure_accuracy(
            self.validation, options.batch_size, options.workers
        )
        self.metrics = {'accuracy': accuracy}
        network, trainer = self.trainer.network, self.trainer
        provenance = describe_run(self._recipe, self.position, trainer, self.metrics)
        encoder = EncoderFile(
            network.config, network.encoder.state_dict(), trainer.normalization, provenance
        )
        save_encoder(self.encoder_path, encoder)

    def describe_metrics(self) -> str:
        """Put the last validation into a line."""
        return f'val accuracy {self.metrics["accuracy"]:.3f}'

    def _make_trainer(self, normalization: Normalization) -> ClassifierTrainer:
        options = self._options
        device = select_device(options.device)
        torch.manual_seed(options.seed)
        network = EncoderClassifier(SegNetConfig(len(self.classes), tuple(options.widths)))
        network.to(device).to(memory_format=torch.channels_last)
        return ClassifierTrainer(
            network=network,
            optimizer=make_optimizer(network, options),
            normalization=normalization,
            device=device,
            precision=select_training_precision(options.precision, device),
            peak_learning_rate=options.learning_rate,
        )
