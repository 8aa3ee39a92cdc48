"""A run of ``segnet_pretrain``: options made into a classifier, photographs and an optimizer."""

from __future__ import annotations

import argparse

from segnet_ros.core.device import select_device
from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.data.photographs import describe_photographs
from segnet_ros.training.data.photographs import HeldOutPhotographs
from segnet_ros.training.data.photographs import PhotographFolder
from segnet_ros.training.data.photographs import TrainingPhotographs
from segnet_ros.training.encoder.classifier import ClassifierTrainer
from segnet_ros.training.encoder.classifier import EncoderClassifier
from segnet_ros.training.encoder.encoder_file import EncoderFile
from segnet_ros.training.encoder.encoder_file import save_encoder
from segnet_ros.training.run.provenance import describe_run
from segnet_ros.training.run.provenance import read_commit
from segnet_ros.training.run.recipes import describe_recipe
from segnet_ros.training.run.run import Run
from segnet_ros.training.run.run import Validation
from segnet_ros.training.step.optimizer import make_optimizer
from segnet_ros.training.step.precision import select_training_precision
import torch


class PretrainRun(Run):
    """A run of ``segnet_pretrain``."""

    trainer: ClassifierTrainer

    def __init__(self, options: argparse.Namespace) -> None:
        """
        List the photographs and make the network; or continue where the run was left.

        :param options: of ``segnet_pretrain``, checked and complete
        :raises ValueError: if data or device do not fit
        :raises OSError: if a file cannot be read
        """
        folder = PhotographFolder(options.data)
        kept, held_out = folder.split(options.val_share, options.seed)
        self._num_classes = len(folder.classes)
        self._held_out = HeldOutPhotographs(held_out, options.size)
        # The classes by number and digest: hundreds of names would say little in a checkpoint.
        recipe = describe_recipe(options) | {
            'classes': self._num_classes,
            'photographs': describe_photographs(kept + held_out),
            'commit': read_commit(),
        }
        samples = TrainingPhotographs(kept, options.size, options.seed)
        trainer = _make_trainer(options, self._num_classes)
        super().__init__(options, trainer, samples, recipe, ('accuracy',))

    def describe(self) -> str:
        """Tell what is about to be done, in a line."""
        return (
            f'{len(self.samples)} photographs of {self._num_classes} classes,'
            f' {len(self._held_out)} to validate; {self.trainer.device},'
            f' {self.trainer.precision}; results in {self.output}'
        )

    def describe_files(self) -> str:
        """Name the file with the weights."""
        return 'encoder.safetensors'

    def measure(self) -> Validation:
        """Measure the accuracy on what was held out, and write the encoder."""
        trainer = self.trainer
        accuracy = trainer.measure_accuracy(
            self._held_out, self.options.batch_size, self.options.workers
        )
        metrics = {'accuracy': accuracy}
        encoder = EncoderFile(
            config=trainer.network.config,
            weights=trainer.network.encoder.state_dict(),
            normalization=trainer.normalization,
            provenance=describe_run(self.recipe, self.position, trainer, metrics),
        )
        save_encoder(self.output / 'encoder.safetensors', encoder)
        return Validation(metrics, f'val accuracy {100 * accuracy:.2f}', [])


def _make_trainer(options: argparse.Namespace, num_classes: int) -> ClassifierTrainer:
    device = select_device(options.device)
    torch.manual_seed(options.seed)
    network = EncoderClassifier(
        EncoderConfig(num_classes, tuple(options.widths or EncoderConfig().widths))
    )
    network.to(device).to(memory_format=torch.channels_last)
    return ClassifierTrainer(
        network=network,
        optimizer=make_optimizer(
            network, options.optimizer, options.learning_rate, options.weight_decay
        ),
        normalization=Normalization(),
        device=device,
        precision=select_training_precision(options.precision, device),
        peak_learning_rate=options.learning_rate,
        size=options.size,
        schedule=options.schedule,
        clip_norm=options.clip_norm,
    )
