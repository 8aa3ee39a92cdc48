"""A run of ``segnet_train``: options made into a SegNet, its data and its optimizer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import copy
import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.device import select_device
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.network import Network
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.registry import make_config
from segnet_ros.training.data.fingerprints import count_seen
from segnet_ros.training.data.fingerprints import describe_seen
from segnet_ros.training.data.fingerprints import take_fingerprints
from segnet_ros.training.data.loading import EpochSampler
from segnet_ros.training.data.loading import load_batches
from segnet_ros.training.data.run_data import compute_class_weights
from segnet_ros.training.data.run_data import open_data
from segnet_ros.training.data.training_set import TrainingSet
from segnet_ros.training.encoder.encoder_weights import Origin
from segnet_ros.training.encoder.initial_weights import fill_in_initial_weights
from segnet_ros.training.measurement.batch_norm import recompute_batch_norm
from segnet_ros.training.measurement.evaluation import evaluate
from segnet_ros.training.measurement.evaluation import format_fraction
from segnet_ros.training.measurement.evaluation import METRICS
from segnet_ros.training.measurement.evaluation import summarize
from segnet_ros.training.run.provenance import describe_run
from segnet_ros.training.run.provenance import read_commit
from segnet_ros.training.run.recipes import describe_recipe
from segnet_ros.training.run.run import Run
from segnet_ros.training.run.run import Validation
from segnet_ros.training.step.distributed import World
from segnet_ros.training.step.optimizer import make_optimizer
from segnet_ros.training.step.precision import select_training_precision
from segnet_ros.training.step.segnet_trainer import SegNetTrainer
import torch
from torch import nn
from torch import Tensor

OVERLAYS = 4
"""Validation images that are shown with what was predicted."""


class SegNetRun(Run):
    """A run of ``segnet_train``."""

    trainer: SegNetTrainer

    def __init__(self, options: argparse.Namespace, world: World) -> None:
        """
        Open the data and make the network; or continue where the run was left.

        :param options: of ``segnet_train``, checked and complete
        :param world: the ranks that train together; the first of them writes the files
        :raises ValueError: if data, weights, device or number of ranks do not fit
        :raises OSError: if a file cannot be read
        """
        _check_parts(options, world)
        self._label_set = load_label_set(options.label_set)
        self._data = open_data(options, self._label_set, world)
        samples = self._data.training
        network = _make_network(options, self._label_set, world)
        origin = Origin(Normalization(), None)
        if not options.resume:
            origin = fill_in_initial_weights(network, options, self._label_set)
        recipe = describe_recipe(options) | {
            'images': take_fingerprints(samples.labeled.pairs),
            'classes': list(self._label_set.names),
            'commit': read_commit(),
            'initial': origin.provenance,
        }
        trainer = _make_trainer(options, network, samples, origin.normalization, world)
        super().__init__(options, trainer, samples, recipe, METRICS)
        self._seen = count_seen(self._data.validation.pairs, {'recipe': self.recipe})

    def describe(self) -> str:
        """Tell what is about to be done, in a line."""
        world = self.trainer.world
        ranks = f' {world.size} processes,' if world.size > 1 else ''
        return (
            f'{len(self.samples)} samples per epoch, {self._describe_validation()}, to validate;'
            f'{ranks} {self.trainer.device}, {self.trainer.precision}; results in {self.output}'
        )

    def describe_files(self) -> str:
        """Name the files with weights."""
        best = f', best.safetensors (highest {self.options.metric})' if self._has_best else ''
        return f'checkpoint.safetensors{best}'

    def measure(self) -> Validation:
        """Measure the network as it is, before its weights are rounded, and write checkpoints."""
        trainer = self.trainer
        checkpoint = self._make_checkpoint(self._choose_network())
        predictor = Predictor(checkpoint, str(trainer.device), 'auto', self.options.size)
        evaluation = evaluate(predictor, self._data.validation, trainer.world)
        metrics = summarize(evaluation, self._label_set)
        if trainer.world.is_first:
            provenance = describe_run(self.recipe, self.position, trainer, metrics)
            provenance['metrics_of'] = f'{self._describe_validation()}, {predictor.precision}'
            self._save(dataclasses.replace(checkpoint, provenance=provenance), metrics)
        return Validation(metrics, _describe_metrics(metrics), self._draw_overlays(predictor))

    def _save(self, checkpoint: Checkpoint, metrics: dict[str, Any]) -> None:
        save_checkpoint(self.output / 'checkpoint.safetensors', checkpoint)
        metric = self.options.metric
        if self._has_best and (metrics[metric] or 0.0) > self.history.find_best(metric):
            save_checkpoint(self.output / 'best.safetensors', checkpoint)

    @property
    def _has_best(self) -> bool:
        """Whether the best can be told: of images that were trained on, the last is the best."""
        return not self._seen

    def _describe_validation(self) -> str:
        total = len(self._data.validation)
        return f'{total} images, {describe_seen(self._seen, total)}'

    def _choose_network(self) -> Network:
        """Return the network to measure: itself, or a copy with statistics computed anew."""
        network = self.trainer.network
        if self.options.recompute_batch_norm:
            network = copy.deepcopy(network)
            recompute_batch_norm(network, self._load_epoch())
        return network

    def _load_epoch(self) -> Iterator[Tensor]:
        """Load and normalize the batches of the epoch to come; every rank all of them."""
        batch_size = self.options.batch_size
        sampler = EpochSampler(self.samples, self.position.epoch, batch_size, World())
        for image, _ in load_batches(self.samples, sampler, batch_size, self.options.workers):
            yield self.trainer.normalization.normalize(image.to(self.trainer.device))

    def _make_checkpoint(self, network: Network) -> Checkpoint:
        return Checkpoint(
            config=network.config,
            label_set=self._label_set,
            input_size=self.options.size,
            weights=network.state_dict(),
            normalization=self.trainer.normalization,
            network=self.options.model,
        )

    def _draw_overlays(self, predictor: Predictor) -> list[NDArray[np.uint8]]:
        samples = self._data.validation
        step = max(1, len(samples) // OVERLAYS)
        predictions = (
            predictor.predict(samples[index].image, ('overlay',))
            for index in range(0, len(samples), step)[:OVERLAYS]
        )
        return [prediction.overlay for prediction in predictions if prediction.overlay is not None]


def _check_parts(options: argparse.Namespace, world: World) -> None:
    share = options.batch_size // world.size
    if options.accumulate > share:
        raise ValueError(
            f'expected --accumulate of at most {share}, the images of a process in a batch, got'
            f' {options.accumulate}'
        )


def _make_network(options: argparse.Namespace, label_set: LabelSet, world: World) -> Network:
    torch.manual_seed(options.seed)
    shape = {'num_classes': label_set.num_classes, 'widths': options.widths}
    network = make_config(options.model, shape).build()
    device = _select_device(options.device, world)
    if device.type == 'cuda' and world.size > 1:
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    return network.to(device).to(memory_format=torch.channels_last)


def _make_trainer(
    options: argparse.Namespace,
    network: Network,
    samples: TrainingSet,
    normalization: Normalization,
    world: World,
) -> SegNetTrainer:
    device = _select_device(options.device, world)
    weights = compute_class_weights(
        options.class_weights,
        samples.labeled,
        options.size,
        network.config.num_classes,
        world.is_first,
    )
    return SegNetTrainer(
        network=network,
        optimizer=make_optimizer(
            network, options.optimizer, options.learning_rate, options.weight_decay
        ),
        normalization=normalization,
        device=device,
        precision=select_training_precision(options.precision, device),
        peak_learning_rate=options.learning_rate,
        size=options.size,
        schedule=options.schedule,
        clip_norm=options.clip_norm,
        world=world,
        class_weights=torch.tensor(weights, dtype=torch.float32, device=device),
        progressive=options.progressive,
        accumulate=options.accumulate,
        freeze_batch_norm=options.freeze_batch_norm,
    )


def _select_device(name: str, world: World) -> torch.device:
    """Find this rank's device: where there are several, each has its own GPU."""
    device = select_device(name)
    if device.type == 'cuda' and world.size > 1:
        return torch.device('cuda', world.local_rank)
    return device


def _describe_metrics(metrics: dict[str, Any]) -> str:
    names = ('mIoU', 'global', 'class', 'BF')
    return 'val ' + ', '.join(
        f'{name} {format_fraction(metrics[key])}' for name, key in zip(names, METRICS, strict=True)
    )
