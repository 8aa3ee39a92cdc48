"""The state of a run on disk: all that it needs to continue exactly."""

from __future__ import annotations

from pathlib import Path
import pickle
from typing import Any
from typing import NamedTuple

from segnet_ros.core.weight_files import write_atomically
from segnet_ros.training.run.history import History
from segnet_ros.training.run.loop import Position
from segnet_ros.training.step.trainer import Trainer
from segnet_ros.training.step.trainer import TrainingError
import torch

STATE_NAME = 'state.pt'
"""Name of the file in a run's folder."""
LENGTH = ('epochs', 'minutes')
"""What may change when a run is resumed: its schedule then fits the new length."""
UNREADABLE = (
    *(RuntimeError, pickle.UnpicklingError, EOFError),
    *(AttributeError, KeyError, TypeError),  # a file of PyTorch, but not of a run
)
ORIGIN = ('commit', 'initial', 'normalization')
"""What stays as it was when the run began."""


class Continued(NamedTuple):
    """Where a run was left."""

    position: Position
    history: History
    recipe: dict[str, Any]
    """That which it began with, at the length that it has now."""


def save_state(
    path: Path, trainer: Trainer, position: Position, history: History, recipe: dict[str, Any]
) -> None:
    """
    Write all that a run needs to continue exactly.

    :param path: a file already there is replaced in one step
    :param recipe: compared when the run is resumed, so that two runs are not mixed
    """
    state = {
        'network': trainer.network.state_dict(),
        'optimizer': trainer.optimizer.state_dict(),
        'position': vars(position),
        'history': vars(history),
        'recipe': recipe,
    }
    with write_atomically(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path, trainer: Trainer, recipe: dict[str, Any]) -> Continued:
    """
    Continue from a saved state.

    :param path: as written by :func:`save_state`
    :param trainer: its network and optimizer take over the saved state
    :param recipe: of this run
    :raises TrainingError: if the file cannot be read, or is of a run with another recipe
    """
    state = _read_state(path)
    found = {'model': 'segnet'} | state['recipe']  # before there were others
    differences = [
        f'{key} {_shorten(found.get(key))} there, {_shorten(value)} here'
        for key, value in recipe.items()
        if key not in LENGTH + ORIGIN and found.get(key) != value
    ]
    if differences:
        raise TrainingError(
            f'{path}: expected a run with the same options, found {"; ".join(differences)};'
            ' use the same options to resume, or another --output to start anew'
        )
    trainer.network.load_state_dict(state['network'])
    trainer.optimizer.load_state_dict(state['optimizer'])
    return Continued(
        Position(**state['position']),
        History(**state['history']),
        found | {key: recipe[key] for key in LENGTH},
    )


def _shorten(value: Any) -> str:
    """Keep hundreds of images out of a message."""
    return f'{len(value)} of them' if isinstance(value, list) and len(value) > 20 else repr(value)


def load_length(path: Path) -> tuple[int | None, float | None]:
    """
    Read how long a run was to be.

    :return: epochs and minutes, one of them None
    :raises TrainingError: if the file cannot be read
    """
    recipe = _read_state(path)['recipe']
    return recipe.get('epochs'), recipe.get('minutes')


def _read_state(path: Path) -> dict[str, Any]:
    try:
        # Not onto the device: a step counter there would be waited for in every step.
        state: dict[str, Any] = torch.load(path, map_location='cpu', mmap=True, weights_only=True)
        missing = {'network', 'optimizer', 'position', 'history', 'recipe'} - state.keys()
        if missing or not isinstance(state['recipe'], dict):
            raise KeyError(*missing or ['recipe'])
    except UNREADABLE as error:
        raise TrainingError(
            f'{path}: expected the state of a run, could not read it'
            f' ({type(error).__name__}: {error}); start anew with another --output'
        ) from error
    return state
