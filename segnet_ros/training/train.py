"""Train a SegNet on images with labels, rendered scenes, or both: ``segnet_train``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import sys

from segnet_ros.training.check import check_data
from segnet_ros.training.command import run_command
from segnet_ros.training.loop import Budget
from segnet_ros.training.loop import Step
from segnet_ros.training.options import check_options
from segnet_ros.training.options import fill_in_defaults
from segnet_ros.training.options import make_parser
from segnet_ros.training.run import Run
from segnet_ros.training.stop_signals import StopSignals
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

SAVE_SECONDS = 300
"""How much training a machine that dies may cost."""


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after SIGINT or SIGTERM."""
    return run_command(make_parser(), _train, args)


def _train(options: argparse.Namespace) -> None:
    if options.check:
        check_data(options)
        return
    check_options(options)
    fill_in_defaults(options)
    run = Run(options)
    print(
        f'{len(run.samples)} samples per epoch, {len(run.validation)} to validate;'
        f' {run.trainer.device}, {run.trainer.precision}; results in {options.output}'
    )
    with SummaryWriter(options.output) as writer, StopSignals() as signals:
        for step in _follow(run, options):
            writer.add_scalar('loss', step.loss, step.number)
            writer.add_scalar('learning_rate', step.learning_rate, step.number)
            if signals.received:
                run.save()
                raise KeyboardInterrupt
            ends_epoch = step.position.batch == 0 and step.progress < 1
            if ends_epoch and step.position.epoch % options.validate_every == 0:
                _validate(run, writer, signals)
        _validate(run, writer, signals)
    print(f'wrote {run.checkpoint_path}')


def _validate(run: Run, writer: SummaryWriter, signals: StopSignals) -> None:
    """Save, then measure, which takes long enough to be interrupted."""
    run.save()
    with signals.interrupting():
        run.validate()
    writer.add_scalar('val/miou', run.metrics['miou'] or 0.0, run.steps)
    tqdm.write(f'epoch {run.position.epoch}: {run.describe_metrics()}')


def _follow(run: Run, options: argparse.Namespace) -> Iterator[Step]:
    """Yield the steps of a run, behind a progress bar, and save its state now and then."""
    budget = Budget(options.epochs, options.minutes)
    steps = run.trainer.train(
        run.samples, run.position, budget, options.batch_size, options.workers
    )
    saved = run.position.seconds
    form = '{desc} {percentage:5.1f} %|{bar}| {elapsed}{postfix}'
    with tqdm(total=1.0, desc='train', bar_format=form) as bar:
        for step in steps:
            size = f'{step.size[0]}x{step.size[1]}'
            bar.set_postfix_str(
                f'epoch {step.position.epoch} loss {step.loss:.3f} size {size}', refresh=False
            )
            bar.update(step.progress - bar.n)
            yield step
            if step.position.seconds - saved > SAVE_SECONDS:
                run.save()
                saved = step.position.seconds


if __name__ == '__main__':
    sys.exit(main())
