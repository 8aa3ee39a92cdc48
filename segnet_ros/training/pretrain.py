"""Pretrain a SegNet's encoder on photographs in a folder per class: ``segnet_pretrain``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import sys

from segnet_ros.training.classifier import ClassifierStep
from segnet_ros.training.command import run_command
from segnet_ros.training.loop import Budget
from segnet_ros.training.options import fill_in_defaults
from segnet_ros.training.pretrain_options import check_pretrain_options
from segnet_ros.training.pretrain_options import EPOCHS
from segnet_ros.training.pretrain_options import make_pretrain_parser
from segnet_ros.training.pretrain_run import PretrainRun
from segnet_ros.training.stop_signals import StopSignals
from segnet_ros.training.train import SAVE_SECONDS
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after SIGINT or SIGTERM."""
    return run_command(make_pretrain_parser(), _pretrain, args)


def _pretrain(options: argparse.Namespace) -> None:
    check_pretrain_options(options)
    fill_in_defaults(options, EPOCHS)
    run = PretrainRun(options)
    print(
        f'{len(run.samples)} photographs of {len(run.classes)} classes, {len(run.validation)} to'
        f' validate; {run.trainer.device}, {run.trainer.precision}; results in {options.output}'
    )
    with SummaryWriter(options.output) as writer, StopSignals() as signals:
        for step in _follow(run, options):
            writer.add_scalar('loss', step.loss, run.steps)
            writer.add_scalar('learning_rate', step.learning_rate, run.steps)
            if signals.received:
                run.save()
                raise KeyboardInterrupt
            ends_epoch = run.position.batch == 0 and step.progress < 1
            if ends_epoch and run.position.epoch % options.validate_every == 0:
                _validate(run, writer, signals)
        _validate(run, writer, signals)
    print(f'wrote {run.encoder_path}')


def _validate(run: PretrainRun, writer: SummaryWriter, signals: StopSignals) -> None:
    """Save, then measure, which takes long enough to be interrupted."""
    run.save()
    with signals.interrupting():
        run.validate()
    writer.add_scalar('val/accuracy', run.metrics['accuracy'], run.steps)
    tqdm.write(f'epoch {run.position.epoch}: {run.describe_metrics()}')


def _follow(run: PretrainRun, options: argparse.Namespace) -> Iterator[ClassifierStep]:
    """Yield the steps of a run, behind a progress bar, and save its state now and then."""
    budget = Budget(options.epochs, options.minutes)
    steps = run.trainer.train(
        run.samples, run.position, budget, options.batch_size, options.workers
    )
    saved = run.position.seconds
    form = '{desc} {percentage:5.1f} %|{bar}| {elapsed}{postfix}'
    with tqdm(total=1.0, desc='pretrain', bar_format=form) as bar:
        for step in steps:
            bar.set_postfix_str(f'epoch {run.position.epoch} loss {step.loss:.3f}', refresh=False)
            bar.update(step.progress - bar.n)
            yield step
            if run.position.seconds - saved > SAVE_SECONDS:
                run.save()
                saved = run.position.seconds


if __name__ == '__main__':
    sys.exit(main())
