"""One training run: options made into network, data and optimizer, and what is written of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.device import cpu_computes_bf16
from segnet_ros.core.device import select_device
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.predictor import Predictor
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
from segnet_ros.training.loop import Position
from segnet_ros.training.loop import Trainer
from segnet_ros.training.loss import compute_median_frequency_weights
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
        }
        self.trainer = self._make_trainer()
        self.metrics: dict[str, Any] = {}
        self.position = Position()
        if options.resume:
            self.position, self._recipe = load_state(self._state_path, self.trainer, self._recipe)
        elif options.init:
            self._recipe['initial'] = _load_initial_weights(self.trainer.network, options.init)

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
        network.to(device).to(memory_format=torch.channels_last)
        weights = self._compute_class_weights()
        return Trainer(
            network=network,
            optimizer=_make_optimizer(network, options),
            class_weights=torch.tensor(weights, dtype=torch.float32, device=device),
            normalization=Normalization(),
            device=device,
            precision=_select_precision(options.precision, device),
            peak_learning_rate=options.learning_rate,
            size=options.size,
            progressive=options.progressive,
        )

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


def _make_optimizer(network: SegNet, options: argparse.Namespace) -> torch.optim.Optimizer:
    """AdamW or SGD; biases and batch normalization do not decay, as in the released solver."""
    filters = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [
        {'params': filters, 'weight_decay': options.weight_decay},
        {'params': others, 'weight_decay': 0.0},
    ]
    if options.optimizer == 'sgd':
        return torch.optim.SGD(groups, lr=options.learning_rate, momentum=0.9)
    return torch.optim.AdamW(groups, lr=options.learning_rate)


def _select_precision(name: str, device: torch.device) -> str:
    if name != 'auto':
        return name
    if device.type == 'cuda':  # older ones only emulate it
        has_bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
    else:
        has_bf16 = cpu_computes_bf16()
    return 'bf16' if has_bf16 else 'fp32'


def _load_initial_weights(network: SegNet, path: str) -> dict[str, Any]:
    """Take over the weights of a checkpoint, and tell where they come from."""
    checkpoint = load_checkpoint(path)
    same_classes = dataclasses.replace(network.config, num_classes=checkpoint.config.num_classes)
    if same_classes != checkpoint.config:
        raise ValueError(
            f'{path}: expected the widths {network.config.widths}, found'
            f' {checkpoint.config.widths}; set --widths to match'
        )
    weights = checkpoint.weights
    if network.config != checkpoint.config:
        weights = {k: v for k, v in weights.items() if not k.startswith('classifier.')}
    network.load_state_dict(weights, strict=False)
    return checkpoint.provenance
