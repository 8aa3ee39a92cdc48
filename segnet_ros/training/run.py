"""One training run: options made into network, data and optimizer, and what is written of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import copy
import dataclasses
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.device import select_device
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.augmentation import EpochSampler
from segnet_ros.training.augmentation import load_batches
from segnet_ros.training.batch_norm import recompute_batch_norm
from segnet_ros.training.dataset import describe_images
from segnet_ros.training.distributed import World
from segnet_ros.training.evaluate import evaluate
from segnet_ros.training.evaluate import format_fraction
from segnet_ros.training.evaluate import summarize
from segnet_ros.training.history import History
from segnet_ros.training.loop import Position
from segnet_ros.training.optimizer import make_optimizer
from segnet_ros.training.precision import select_training_precision
from segnet_ros.training.provenance import describe_run
from segnet_ros.training.provenance import read_commit
from segnet_ros.training.recipes import describe_recipe
from segnet_ros.training.samples import compute_class_weights
from segnet_ros.training.samples import open_training_samples
from segnet_ros.training.samples import open_validation_samples
from segnet_ros.training.state import load_state
from segnet_ros.training.state import save_state
from segnet_ros.training.state import STATE_NAME
from segnet_ros.training.trainer import Trainer
import torch
from torch import nn
from torch import Tensor

OVERLAYS = 4
"""Validation images that are shown with what was predicted."""


class Validation(NamedTuple):
    """What a validation found."""

    metrics: dict[str, Any]
    """Plain values, as :func:`summarize` gives them."""
    overlays: list[NDArray[np.uint8]]
    """Some images with what was predicted, RGB, uint8 (H, W, 3)."""

    def describe(self) -> str:
        """Put the metrics into a line."""
        keys = {
            'mIoU': 'miou',
            'global': 'global_accuracy',
            'class': 'class_accuracy',
            'BF': 'bf',
        }
        return 'val ' + ', '.join(
            f'{name} {format_fraction(self.metrics[key])}' for name, key in keys.items()
        )


class Run:
    """
    A run between its options and its files.

    :ivar position: how far it has come
    :ivar history: what was measured so far
    """

    def __init__(self, options: argparse.Namespace, world: World) -> None:
        """
        Open the data and make the network; or continue where the run was left.

        :param options: of ``segnet_train``, checked and complete
        :param world: the ranks that train together; the first of them writes the files
        :raises ValueError: if data, weights, device or number of ranks do not fit
        :raises OSError: if a file cannot be read
        """
        _check_batch(options.batch_size, world)
        self._options = options
        self._world = world
        self._label_set = load_label_set(options.label_set)
        self.samples = open_training_samples(options, self._label_set)
        self._validation_samples = open_validation_samples(options, self._label_set)
        self._recipe = describe_recipe(options) | {
            'images': describe_images(self.samples.labeled),
            'classes': list(self._label_set.names),
            'commit': read_commit(),
            'initial': None,
        }
        self.trainer = self._make_trainer()
        self.position, self.history = Position(), History()
        if options.resume:
            self.position, self.history, self._recipe = load_state(
                options.output / STATE_NAME, self.trainer, self._recipe
            )
        elif options.init:
            self._recipe['initial'] = _load_initial_weights(self.trainer.network, options.init)

    @property
    def steps(self) -> int:
        """How many steps have been done."""
        return self.position.count_steps(len(self.samples) // self._options.batch_size)

    @property
    def owes_validation(self) -> bool:
        """Whether an epoch has just ended that is to be validated, and was not."""
        epoch, batch = self.position.epoch, self.position.batch
        is_due = epoch > 0 and batch == 0 and epoch % self._options.validate_every == 0
        return is_due and not self.history.has_row_of(self.steps)

    def describe(self) -> str:
        """Tell what is about to be done, in a line."""
        ranks = f' {self._world.size} processes,' if self._world.size > 1 else ''
        return (
            f'{len(self.samples)} samples per epoch, {len(self._validation_samples)} to validate;'
            f'{ranks} {self.trainer.device}, {self.trainer.precision}; results in'
            f' {self._options.output}'
        )

    def save(self) -> None:
        """Write the state to resume from."""
        if self._world.is_first:
            path = self._options.output / STATE_NAME
            save_state(path, self.trainer, self.position, self.history, self._recipe)

    def validate(self) -> Validation:
        """Measure the network as it is, before its weights are rounded, and write checkpoints."""
        checkpoint = self._make_checkpoint(self._choose_network())
        device = str(self.trainer.device)
        predictor = Predictor(checkpoint, device, 'auto', self._options.size)
        evaluation = evaluate(predictor, self._validation_samples, self._world)
        metrics = summarize(evaluation, self._label_set)
        best = self.history.find_best(self._options.metric)
        self.history.add_row(
            self.position, self.steps, self.trainer.optimizer.param_groups[0]['lr'], metrics
        )
        if self._world.is_first:
            provenance = describe_run(self._recipe, self.position, self.trainer, metrics)
            checkpoint = dataclasses.replace(checkpoint, provenance=provenance)
            save_checkpoint(self._options.output / 'checkpoint.safetensors', checkpoint)
            if (metrics[self._options.metric] or 0.0) > best:
                save_checkpoint(self._options.output / 'best.safetensors', checkpoint)
            self.history.write_table(self._options.output / 'history.csv')
        return Validation(metrics, self._draw_overlays(predictor))

    def finish(self) -> None:
        """Draw how the run went, and say where everything is."""
        if self._world.is_first:
            output = self._options.output
            self.history.draw_curves(output / 'curves.png')
            print(
                f'wrote {output / "checkpoint.safetensors"}, best.safetensors (the highest'
                f' {self._options.metric}), history.csv and curves.png'
            )

    def _make_trainer(self) -> Trainer:
        options = self._options
        device = select_device(options.device)
        if device.type == 'cuda' and self._world.size > 1:
            device = torch.device('cuda', self._world.local_rank)
        torch.manual_seed(options.seed)
        network = SegNet(SegNetConfig(self._label_set.num_classes, tuple(options.widths)))
        if device.type == 'cuda' and self._world.size > 1:
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        network.to(device).to(memory_format=torch.channels_last)
        weights = compute_class_weights(
            options.class_weights, self.samples, options.size, self._label_set.num_classes
        )
        return Trainer(
            network=network,
            optimizer=make_optimizer(
                network, options.optimizer, options.learning_rate, options.weight_decay
            ),
            class_weights=torch.tensor(weights, dtype=torch.float32, device=device),
            normalization=Normalization(),
            device=device,
            precision=select_training_precision(options.precision, device),
            peak_learning_rate=options.learning_rate,
            size=options.size,
            schedule=options.schedule,
            progressive=options.progressive,
            accumulate=options.accumulate,
            clip_norm=options.clip_norm,
            freeze_batch_norm=options.freeze_batch_norm,
            world=self._world,
        )

    def _choose_network(self) -> SegNet:
        """Return the network to measure: itself, or a copy with statistics computed anew."""
        network = self.trainer.network
        if self._options.recompute_batch_norm:
            network = copy.deepcopy(network)
            recompute_batch_norm(network, self._load_epoch())
        return network

    def _load_epoch(self) -> Iterator[Tensor]:
        """Load and normalize the batches of the epoch to come; every rank all of them."""
        sampler = EpochSampler(
            self.samples, self.position.epoch, self._options.batch_size, World()
        )
        for image, _ in load_batches(
            self.samples, sampler, self._options.batch_size, self._options.workers
        ):
            yield self.trainer.normalization.normalize(image.to(self.trainer.device))

    def _make_checkpoint(self, network: SegNet) -> Checkpoint:
        return Checkpoint(
            config=network.config,
            label_set=self._label_set,
            input_size=self._options.size,
            weights=network.state_dict(),
            normalization=self.trainer.normalization,
        )

    def _draw_overlays(self, predictor: Predictor) -> list[NDArray[np.uint8]]:
        samples = self._validation_samples
        step = max(1, len(samples) // OVERLAYS)
        predictions = (
            predictor.predict(samples[index].image, ('overlay',))
            for index in range(0, len(samples), step)[:OVERLAYS]
        )
        return [prediction.overlay for prediction in predictions if prediction.overlay is not None]


def _check_batch(batch_size: int, world: World) -> None:
    if batch_size % world.size:
        raise ValueError(
            f'expected a --batch-size that {world.size} processes can share, got {batch_size};'
            f' use a multiple of {world.size}'
        )


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
