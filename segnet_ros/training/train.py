"""Train a SegNet on images with labels, rendered scenes, or both: ``segnet_train``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import signal
import sys
from types import FrameType

from segnet_ros.training.command import run_command
from segnet_ros.training.loop import Budget
from segnet_ros.training.loop import Step
from segnet_ros.training.options import check_options
from segnet_ros.training.options import fill_in_defaults
from segnet_ros.training.options import make_parser
from segnet_ros.training.run import Run
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

SAVE_SECONDS = 300
"""How much training a machine that dies may cost."""


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after SIGINT or SIGTERM."""
    return run_command(make_parser(), _train, args)


def _train(options: argparse.Namespace) -> None:
    check_options(options)
    fill_in_defaults(options)
    run = Run(options)
    print(
        f'{len(run.samples)} samples per epoch, {len(run.validation)} to validate;'
        f' {run.trainer.device}, {run.trainer.precision}; results in {options.output}'
    )
    with SummaryWriter(options.output) as writer, _catch_stop() as caught:
        for step in _follow(run, options):
            writer.add_scalar('loss', step.loss, step.number)
            writer.add_scalar('learning_rate', step.learning_rate, step.number)
            if caught:
                run.save()
                raise KeyboardInterrupt
            if step.position.batch == 0 and step.position.epoch % options.validate_every == 0:
                run.validate()
                writer.add_scalar('val/miou', run.metrics['miou'] or 0.0, step.number)
                tqdm.write(f'epoch {step.position.epoch}: {run.describe_metrics()}')
    run.save()
    run.validate()
    print(run.describe_metrics())
    print(f'wrote {run.checkpoint_path}')


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
