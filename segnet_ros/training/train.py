"""Train a SegNet on images with labels, rendered scenes, or both: ``segnet_train``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import dataclasses
from pathlib import Path
import signal
import sys
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint import save_checkpoint
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import MIN_SIZE
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.predictor import cpu_computes_bf16
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.predictor import select_device
from segnet_ros.training.augmentation import Samples
from segnet_ros.training.augmentation import TrainingSet
from segnet_ros.training.command import parse_size
from segnet_ros.training.command import run_command
from segnet_ros.training.dataset import LabeledFolder
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.evaluate import evaluate
from segnet_ros.training.evaluate import summarize
from segnet_ros.training.loop import Budget
from segnet_ros.training.loop import load_state
from segnet_ros.training.loop import Position
from segnet_ros.training.loop import save_state
from segnet_ros.training.loop import Step
from segnet_ros.training.loop import Trainer
from segnet_ros.training.loss import CLASS_WEIGHTS
from segnet_ros.training.loss import compute_median_frequency_weights
from segnet_ros.training.provenance import describe_run
from segnet_ros.training.provenance import read_commit

SAVE_SECONDS = 300
"""How much training a killed machine may cost."""
LEARNING_RATES = {'adamw': 1e-3, 'sgd': 0.1}
WEIGHT_DECAYS = {'adamw': 1e-2, 'sgd': 5e-4}
FREQUENCY_SCENES = 64
"""Rendered scenes whose class frequencies stand for all."""
VALIDATION_SCENES = 32


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after Ctrl-C."""
    return run_command(_make_parser(), _train, args)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_train',
        description='Train a SegNet. Writes OUTPUT/checkpoint.safetensors for node, evaluation'
        ' and prediction, OUTPUT/state.pt to resume, and logs for TensorBoard.',
    )
    add = parser.add_argument
    add('--data', type=Path, metavar='DIR', help='data set: DIR/SPLIT with DIR/SPLITannot, or'
        ' DIR/images/SPLIT with DIR/labels/SPLIT; without it, rendered scenes alone')
    add('--split', default='train', help='part to train on (%(default)s)')
    add('--val-split', default='val', help='part to validate on, if it is there (%(default)s)')
    add('--label-set', default='camvid', help='name or YAML file (%(default)s)')
    add('--scenes', type=int, default=0, metavar='N',
        help='rendered street scenes (camvid classes) mixed into each epoch (%(default)s)')
    add('--output', type=Path, required=True, metavar='DIR', help='where the results go')
    add('--resume', action='store_true', help='continue the run in OUTPUT')
    add('--init', metavar='FILE', help='start from the weights of this checkpoint, all but the'
        ' classifier where the number of classes differs')
    add('--size', type=parse_size, default=(360, 480), metavar='HxW',
        help='training and input size (360x480)')
    add('--progressive', action='store_true', help='begin at half the size, grow in steps')
    add('--batch-size', type=int, default=8, help='(%(default)s)')
    length = parser.add_mutually_exclusive_group()
    length.add_argument('--epochs', type=int, help='length of the run (100)')
    length.add_argument('--minutes', type=float, help='length of the run; the schedule fits it,'
                        ' the closing validation comes on top')
    add('--optimizer', choices=sorted(LEARNING_RATES), default='adamw', help='(%(default)s)')
    add('--learning-rate', type=float, help='peak of the one-cycle schedule'
        f' ({", ".join(f"{name} {rate:g}" for name, rate in LEARNING_RATES.items())})')
    add('--weight-decay', type=float,
        help=f'({", ".join(f"{name} {decay:g}" for name, decay in WEIGHT_DECAYS.items())})')
    add('--class-weights', choices=CLASS_WEIGHTS, default='sqrt-median',
        help='balancing by median frequency (%(default)s)')
    add('--widths', type=int, nargs=5, default=SegNetConfig().widths, metavar='C',
        help="channels of the five stages (the paper's 64 128 256 512 512)")
    add('--validate-every', type=int, default=5, metavar='N', help='epochs (%(default)s)')
    add('--seed', type=int, default=0, help='of weights, order and augmentation (%(default)s)')
    add('--device', default='auto', help='auto, cpu, cuda or cuda:N (%(default)s)')
    add('--precision', choices=('auto', 'fp32', 'bf16'), default='auto',
        help='auto is bf16 on CUDA and on CPUs that compute with it (%(default)s)')
    add('--workers', type=int, default=1, help='processes that load images (%(default)s)')
    return parser


class _Run:
    """One training run: options made into objects, and what is written of it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.label_set = load_label_set(options.label_set)
        self.config = SegNetConfig(self.label_set.num_classes, tuple(options.widths))
        self.samples = TrainingSet(
            self._open_split(options.split) if options.data else [],
            options.scenes,
            options.size,
            options.seed,
        )
        if len(self.samples) < options.batch_size:
            raise ValueError(
                f'expected at least one batch of {options.batch_size}, found'
                f' {len(self.samples)} samples; add data or --scenes, or lower --batch-size'
            )
        self.validation = self._open_validation()
        self.trainer = self._make_trainer()
        self.position = Position()
        self.recipe = _describe_recipe(options)
        self.commit = read_commit()
        self.metrics: dict[str, Any] = {}

    @property
    def checkpoint_path(self) -> Path:
        return Path(self.options.output) / 'checkpoint.safetensors'

    @property
    def state_path(self) -> Path:
        return Path(self.options.output) / 'state.pt'

    def save(self) -> None:
        """Write the state to resume from."""
        save_state(self.state_path, self.trainer, self.position, self.recipe)

    def validate(self) -> None:
        """Measure what would be saved now, and save it with the result."""
        checkpoint = self._make_checkpoint()
        device, size = self.trainer.device, self.options.size
        predictor = Predictor(checkpoint, str(device), 'auto', size)
        self.metrics = summarize(evaluate(predictor, self.validation), self.label_set)
        save_checkpoint(self.checkpoint_path, self._make_checkpoint())

    def _open_split(self, split: str) -> LabeledFolder:
        return LabeledFolder(self.options.data, split, self.label_set)

    def _open_validation(self) -> Samples:
        if self.options.data:
            return self._open_split(self.options.val_split)
        return RenderedScenes(VALIDATION_SCENES, self.options.size)

    def _make_trainer(self) -> Trainer:
        options = self.options
        device = select_device(options.device)
        torch.manual_seed(options.seed)
        network = SegNet(self.config)
        if options.init:
            _load_initial_weights(network, options.init)
        network = network.to(device, memory_format=torch.channels_last)
        weights = _compute_class_weights(options, self.samples, self.label_set)
        return Trainer(
            network=network,
            optimizer=_make_optimizer(network, options),
            class_weights=torch.tensor(weights, dtype=torch.float32, device=device),
            normalization=Normalization(),
            device=device,
            precision=_select_training_precision(options.precision, device),
            peak_learning_rate=options.learning_rate or LEARNING_RATES[options.optimizer],
            size=options.size,
            progressive=options.progressive,
        )

    def _make_checkpoint(self) -> Checkpoint:
        return Checkpoint(
            config=self.config,
            label_set=self.label_set,
            input_size=self.options.size,
            weights=self.trainer.network.state_dict(),
            normalization=self.trainer.normalization,
            provenance=describe_run(
                self.recipe, self.position, self.trainer, self.metrics, self.commit
            ),
        )


def _train(options: argparse.Namespace) -> None:
    _check_options(options)
    run = _Run(options)
    if options.resume:
        run.position = load_state(run.state_path, run.trainer, run.recipe)
    budget = Budget(options.epochs, options.minutes)
    if options.minutes is None and options.epochs is None:
        budget = Budget(epochs=100)
    print(
        f'{len(run.samples)} samples per epoch, {len(run.validation)} to validate;'
        f' {run.trainer.device}, {run.trainer.precision}; results in {options.output}'
    )
    with SummaryWriter(options.output) as writer, _catch_stop() as stop:
        for step in _follow(run, budget):
            writer.add_scalar('loss', step.loss, _count_steps(run, step))
            writer.add_scalar('learning_rate', step.learning_rate, _count_steps(run, step))
            if stop:
                run.save()
                raise KeyboardInterrupt
            if step.epoch_ends and step.position.epoch % options.validate_every == 0:
                _validate(run, writer, step)
        run.save()
    run.validate()
    print(_describe_metrics(run))
    print(f'wrote {run.checkpoint_path}')


def _follow(run: _Run, budget: Budget) -> Iterator[Step]:
    """Yield the steps of a run, behind a progress bar, and save its state now and then."""
    saved = run.position.seconds
    steps = run.trainer.train(
        run.samples, run.position, budget, run.options.batch_size, run.options.workers
    )
    form = '{desc} {percentage:5.1f} %|{bar}| {elapsed} {postfix}'
    with tqdm(total=1.0, desc='train', bar_format=form) as bar:
        for step in steps:
            bar.set_postfix_str(
                f'epoch {step.position.epoch} loss {step.loss:.3f}'
                f' size {step.size[0]}x{step.size[1]}', refresh=False
            )
            bar.update(step.progress - bar.n)
            yield step
            if step.position.seconds - saved > SAVE_SECONDS:
                run.save()
                saved = step.position.seconds


def _validate(run: _Run, writer: SummaryWriter, step: Step) -> None:
    run.validate()
    writer.add_scalar('val/miou', run.metrics['miou'], _count_steps(run, step))
    tqdm.write(f'epoch {step.position.epoch}: {_describe_metrics(run)}')


def _count_steps(run: _Run, step: Step) -> int:
    return step.position.epoch * (len(run.samples) // run.options.batch_size) + step.position.batch


def _describe_metrics(run: _Run) -> str:
    return (
        f'val mIoU {100 * run.metrics["miou"]:.2f},'
        f' global {100 * run.metrics["global_accuracy"]:.2f},'
        f' class {100 * run.metrics["class_accuracy"]:.2f}'
    )


def _check_options(options: argparse.Namespace) -> None:
    if not options.data and not options.scenes:
        raise ValueError('expected --data DIR or --scenes N to train on, got neither')
    length = options.minutes if options.epochs is None else options.epochs
    if length is not None and length <= 0:
        raise ValueError(f'expected a run longer than 0, got {length}')
    if min(options.size) < MIN_SIZE:
        raise ValueError(
            f'expected a --size of at least {MIN_SIZE} x {MIN_SIZE}, got'
            f' {options.size[0]} x {options.size[1]}'
        )
    if options.scenes and options.label_set != 'camvid':
        raise ValueError(
            f"expected label set 'camvid' with --scenes, got '{options.label_set}';"
            ' rendered scenes have the classes of CamVid'
        )
    if options.resume != (Path(options.output) / 'state.pt').is_file():
        found = 'there is no' if options.resume else 'there is already a'
        raise FileExistsError(
            f'{options.output}: {found} run to resume; use --resume to continue one, another'
            ' --output to start anew'
        )


def _describe_recipe(options: argparse.Namespace) -> dict[str, Any]:
    """Plain values of the options that make up a run; paths are not among them."""
    recipe = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in vars(options).items()
        if key not in ('resume', 'output', 'device', 'workers', 'validate_every')
    }
    for key in ('data', 'init', 'label_set'):
        recipe[key] = Path(recipe[key]).name if recipe[key] else None
    return recipe


def _compute_class_weights(
    options: argparse.Namespace, samples: TrainingSet, label_set: LabelSet
) -> np.ndarray[Any, np.dtype[np.float64]]:
    if options.class_weights == 'none':
        return np.ones(label_set.num_classes)
    labeled = (samples.labeled[index].label for index in range(len(samples.labeled)))
    share = min(FREQUENCY_SCENES, len(samples.scenes)) if not len(samples.labeled) else 0
    scenes = (samples.scenes[index].label for index in range(share))
    labels = tqdm(
        (label for source in (labeled, scenes) for label in source),
        'class weights', total=len(samples.labeled) + share, unit='image', leave=False,
    )
    weights = compute_median_frequency_weights(labels, label_set.num_classes)
    return np.sqrt(weights) if options.class_weights == 'sqrt-median' else weights


def _make_optimizer(network: SegNet, options: argparse.Namespace) -> torch.optim.Optimizer:
    """AdamW or SGD; biases and batch normalization do not decay, as in the released solver."""
    decay = options.weight_decay
    groups = [
        {
            'params': [p for p in network.parameters() if p.dim() > 1],
            'weight_decay': WEIGHT_DECAYS[options.optimizer] if decay is None else decay,
        },
        {'params': [p for p in network.parameters() if p.dim() <= 1], 'weight_decay': 0.0},
    ]
    if options.optimizer == 'sgd':
        return torch.optim.SGD(groups, lr=LEARNING_RATES['sgd'], momentum=0.9)
    return torch.optim.AdamW(groups, lr=LEARNING_RATES['adamw'])


def _select_training_precision(name: str, device: torch.device) -> str:
    if name != 'auto':
        return name
    return 'bf16' if device.type == 'cuda' or cpu_computes_bf16() else 'fp32'


def _load_initial_weights(network: SegNet, path: str) -> None:
    checkpoint = load_checkpoint(path)
    if dataclasses.replace(network.config, num_classes=checkpoint.config.num_classes) != (
        checkpoint.config
    ):
        raise ValueError(
            f'{path}: expected the widths {network.config.widths}, found'
            f' {checkpoint.config.widths}; set --widths to match'
        )
    weights = checkpoint.weights
    if network.config != checkpoint.config:
        weights = {k: v for k, v in weights.items() if not k.startswith('classifier.')}
    network.load_state_dict(weights, strict=False)


@contextmanager
def _catch_stop() -> Iterator[list[int]]:
    """Note SIGINT and SIGTERM in a list, so that the batch is finished and the state saved."""
    caught: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        caught.append(number)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


if __name__ == '__main__':
    sys.exit(main())
