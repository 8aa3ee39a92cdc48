"""One training run: options made into network, data and optimizer, and what is written of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.predictor import select_device
from segnet_ros.training.augmentation import TRAINING_STREETS
from segnet_ros.training.augmentation import TrainingSet
from segnet_ros.training.dataset import describe_images
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.dataset import Sample
from segnet_ros.training.dataset import Samples
from segnet_ros.training.evaluate import evaluate
from segnet_ros.training.evaluate import format_fraction
from segnet_ros.training.evaluate import summarize
from segnet_ros.training.initial_weights import fill_in_initial_weights
from segnet_ros.training.loop import Position
from segnet_ros.training.loop import Trainer
from segnet_ros.training.loss import compute_median_frequency_weights
from segnet_ros.training.optimizer import make_optimizer
from segnet_ros.training.optimizer import select_training_precision
from segnet_ros.training.options import describe_recipe
from segnet_ros.training.provenance import describe_run
from segnet_ros.training.provenance import read_commit
from segnet_ros.training.state import load_state
from segnet_ros.training.state import save_state
import torch
from tqdm import tqdm

FREQUENCY_SCENES = 64
"""Rendered scenes whose class frequencies stand for all, where there is no other data."""
VALIDATION_SCENES = 32
"""Rendered scenes to validate on, where there is no other data."""


class Run:
    """
    A run between its options and its files.

    :ivar metrics: of the last validation, plain values; empty before the first
    """

    def __init__(self, options: argparse.Namespace) -> None:
        """
        Open the data and make the network; or continue where the run was left.

        :param options: of ``segnet_train``, checked
        :raises ValueError: if data, weights or device do not fit
        :raises OSError: if a file cannot be read
        """
        self._options = options
        self._label_set = load_label_set(options.label_set)
        self.samples = self._open_samples()
        self.validation = self._open_validation()
        self._recipe = describe_recipe(options) | {
            'images': describe_images(self.samples.labeled),
            'classes': list(self._label_set.names),
            'commit': read_commit(),
            'initial': None,
            'normalization': dataclasses.asdict(Normalization()),
        }
        self.trainer = self._make_trainer()
        self.metrics: dict[str, Any] = {}
        self.position = Position()
        if options.resume:
            self.position, self._recipe = load_state(self._state_path, self.trainer, self._recipe)
            normalization = Normalization(**self._recipe['normalization'])
            self.trainer = dataclasses.replace(self.trainer, normalization=normalization)

    @property
    def checkpoint_path(self) -> Path:
        """Where the checkpoint is written."""
        return Path(self._options.output) / 'checkpoint.safetensors'

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
        """Measure the network as it is, before its weights are rounded, and save both."""
        device, size = str(self.trainer.device), self._options.size
        predictor = Predictor(self._make_checkpoint(), device, 'auto', size)
        self.metrics = summarize(evaluate(predictor, self.validation), self._label_set)
        save_checkpoint(self.checkpoint_path, self._make_checkpoint())

    def describe_metrics(self) -> str:
        """Put the last validation into a line."""
        keys = {'mIoU': 'miou', 'global': 'global_accuracy', 'class': 'class_accuracy'}
        return 'val ' + ', '.join(
            f'{name} {format_fraction(self.metrics[key])}' for name, key in keys.items()
        )

    def _open_samples(self) -> TrainingSet:
        options = self._options
        labeled: Samples | Sequence[Sample] = (
            self._open_split(options.split) if options.data else []
        )
        samples = TrainingSet(labeled, options.scenes, options.size, options.seed)
        if len(samples) < options.batch_size:
            raise ValueError(
                f'expected at least one batch of {options.batch_size}, found'
                f' {len(samples)} samples; add data or --scenes, or lower --batch-size'
            )
        return samples

    def _open_validation(self) -> Samples:
        if not self._options.data:
            return RenderedScenes(VALIDATION_SCENES, self._options.size)
        samples = self._open_split(self._options.val_split)
        # A file that cannot be used is better found now than after hours.
        for index in tqdm(range(len(samples)), 'check validation', unit='image', leave=False):
            samples[index]
        return samples

    def _open_split(self, split: str) -> LabeledFolder:
        return LabeledFolder(self._options.data, split, self._label_set)

    def _make_trainer(self) -> Trainer:
        options = self._options
        device = select_device(options.device)
        torch.manual_seed(options.seed)
        network = SegNet(SegNetConfig(self._label_set.num_classes, tuple(options.widths)))
        normalization = Normalization() if options.resume else self._fill_in(network)
        network.to(device).to(memory_format=torch.channels_last)
        weights = self._compute_class_weights()
        return Trainer(
            network=network,
            optimizer=make_optimizer(network, options),
            class_weights=torch.tensor(weights, dtype=torch.float32, device=device),
            normalization=normalization,
            device=device,
            precision=select_training_precision(options.precision, device),
            peak_learning_rate=options.learning_rate,
            size=options.size,
            progressive=options.progressive,
        )

    def _fill_in(self, network: SegNet) -> Normalization:
        """Start from the weights asked for, and note where they come from."""
        origin = fill_in_initial_weights(network, self._options)
        self._recipe['initial'] = origin.provenance
        self._recipe['normalization'] = dataclasses.asdict(origin.normalization)
        return origin.normalization

    def _compute_class_weights(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Balance by the labeled images; scenes count where there is nothing else."""
        kind, num_classes = self._options.class_weights, self._label_set.num_classes
        if kind == 'none':
            return np.ones(num_classes)
        samples: Samples | Sequence[Sample] = self.samples.labeled
        if not len(samples):
            samples = RenderedScenes(FREQUENCY_SCENES, self._options.size, TRAINING_STREETS)
        indices = tqdm(range(len(samples)), 'class weights', unit='image', leave=False)
        labels = (samples[index].label for index in indices)
        weights = compute_median_frequency_weights(labels, num_classes)
        return np.sqrt(weights) if kind == 'sqrt-median' else weights

    def _make_checkpoint(self) -> Checkpoint:
        network = self.trainer.network
        return Checkpoint(
            config=network.config,
            label_set=self._label_set,
            input_size=self._options.size,
            weights=network.state_dict(),
            normalization=self.trainer.normalization,
            provenance=describe_run(self._recipe, self.position, self.trainer, self.metrics),
        )
