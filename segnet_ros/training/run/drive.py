"""A run from its first step to its last: progress bar, validations, saved states and signals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import nullcontext
from typing import NoReturn

from segnet_ros.core.heap import keep_freed_memory
from segnet_ros.training.data.loading import LoadingError
from segnet_ros.training.run.board import Board
from segnet_ros.training.run.loop import Plan
from segnet_ros.training.run.loop import Step
from segnet_ros.training.run.loop import train
from segnet_ros.training.run.run import Run
from segnet_ros.training.run.stop_signals import StopSignals
from tqdm import tqdm


def drive(run: Run) -> None:
    """
    Train to the end, validate now and then, and lose nothing on the way.

    :param run: at its start, or where it was left
    :raises KeyboardInterrupt: after SIGINT, with everything saved
    :raises SystemExit: after SIGTERM, with everything saved, code 0
    """
    world = run.trainer.world
    keep_freed_memory(run.trainer.device)
    with ExitStack() as stack:
        board = None
        if world.is_first:
            print(run.describe())
            board = stack.enter_context(Board(run.output, run.steps))
        signals = stack.enter_context(StopSignals())
        if run.owes_validation:
            _validate(run, board, signals)
        try:
            _train(run, board, signals)
        except LoadingError:
            # A signal to all processes has ended those that load, before it was seen here.
            if signals.received is None:
                raise
            run.save()
            _leave(run, signals)
        _validate(run, board, signals)
        run.finish()


def _train(run: Run, board: Board | None, signals: StopSignals) -> None:
    """Do the steps, with a validation now and then, but for the last."""
    for step in _follow(run):
        run.history.add_step(step)
        if board:
            board.add_step(step)
        if _is_asked_to_stop(run, signals):
            run.save()
            _leave(run, signals)
        if step.progress < 1 and run.owes_validation:
            _validate(run, board, signals)


def _validate(run: Run, board: Board | None, signals: StopSignals) -> None:
    """Save, then measure, which takes long enough to be interrupted."""
    run.save()
    # One of several ranks must not leave alone: the others would wait for it.
    with signals.interrupting() if run.trainer.world.size == 1 else nullcontext():
        validation = run.validate()
    run.save()
    if board:
        board.add_validation(validation, run.history.metrics, run.steps)
        tqdm.write(f'epoch {run.position.epoch}: {validation.text}')
    if _is_asked_to_stop(run, signals):
        _leave(run, signals)


def _is_asked_to_stop(run: Run, signals: StopSignals) -> bool:
    """Tell whether a signal has come to any rank; all ask at the same place."""
    return run.trainer.world.any(signals.received is not None, run.trainer.device)


def _leave(run: Run, signals: StopSignals) -> NoReturn:
    if run.trainer.world.is_first:
        tqdm.write('stopped and saved; continue with --resume')
    signals.leave()


def _follow(run: Run) -> Iterator[Step]:
    """Yield the steps of a run, behind a progress bar, and save its state now and then."""
    options = run.options
    plan = Plan(options.batch_size, options.epochs, options.minutes, options.workers)
    saved = run.position.seconds
    form = '{desc} {percentage:5.1f} %|{bar}| {elapsed}{postfix}'
    is_shown = run.trainer.world.is_first
    # Without miniters=0 the bar of a resumed run waits for as large a step as its first.
    with tqdm(total=1.0, desc='train', bar_format=form, miniters=0, disable=not is_shown) as bar:
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
