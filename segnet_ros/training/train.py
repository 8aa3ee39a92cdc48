"""Train a SegNet on images with labels, rendered scenes, or both: ``segnet_train``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
import sys

from segnet_ros.core.device import select_device
from segnet_ros.training.board import Board
from segnet_ros.training.check import check_data
from segnet_ros.training.command import run_command
from segnet_ros.training.distributed import join_world
from segnet_ros.training.loop import Plan
from segnet_ros.training.loop import Step
from segnet_ros.training.loop import train
from segnet_ros.training.options import check_options
from segnet_ros.training.options import fill_in_defaults
from segnet_ros.training.options import make_parser
from segnet_ros.training.run import Run
from segnet_ros.training.stop_signals import StopSignals
from tqdm import tqdm


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input, 130 after SIGINT, 0 after SIGTERM."""
    return run_command(make_parser(), _train, args)


def _train(options: argparse.Namespace) -> None:
    if options.check:
        check_data(options)
        return
    check_options(options)
    fill_in_defaults(options)
    with join_world(select_device(options.device).type == 'cuda') as world, ExitStack() as stack:
        run = Run(options, world)
        board = None
        if world.is_first:
            print(run.describe())
            board = stack.enter_context(Board(options.output, run.steps))
        signals = stack.enter_context(StopSignals())
        if run.owes_validation:
            _validate(run, board, signals)
        for step in _follow(run, options, world.is_first):
            run.history.add_step(step)
            if board:
                board.add_step(step)
            if world.any(signals.received is not None, run.trainer.device):
                run.save()
                tqdm.write('stopped and saved; continue with --resume')
                signals.leave()
            if step.progress < 1 and run.owes_validation:
                _validate(run, board, signals)
        _validate(run, board, signals)
        run.finish()


def _validate(run: Run, board: Board | None, signals: StopSignals) -> None:
    """Save, then measure, which takes long enough to be interrupted."""
    run.save()
    with signals.interrupting():
        validation = run.validate()
    run.save()
    if board:
        board.add_validation(validation, run.steps)
        tqdm.write(f'epoch {run.position.epoch}: {validation.describe()}')


def _follow(run: Run, options: argparse.Namespace, is_shown: bool) -> Iterator[Step]:
    """Yield the steps of a run, behind a progress bar, and save its state now and then."""
    plan = Plan(options.batch_size, options.epochs, options.minutes, options.workers)
    saved = run.position.seconds
    form = '{desc} {percentage:5.1f} %|{bar}| {elapsed}{postfix}'
    with tqdm(total=1.0, desc='train', bar_format=form, disable=not is_shown) as bar:
        for step in train(run.trainer, run.samples, run.position, plan):
            size = f'{step.size[0]}x{step.size[1]}'
            bar.set_postfix_str(
                f'epoch {step.position.epoch} loss {step.loss:.3f} size {size}', refresh=False
            )
            bar.update(step.progress - bar.n)
            yield step
            if step.position.seconds - saved > 60 * options.save_minutes:
                run.save()
                saved = step.position.seconds


if __name__ == '__main__':
    sys.exit(main())
