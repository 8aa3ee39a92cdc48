"""The state of a run on disk: all that it needs to continue exactly."""

from __future__ import annotations

from pathlib import Path
import pickle
from typing import Any

from segnet_ros.core.checkpoint import write_atomically
from segnet_ros.training.loop import Position
from segnet_ros.training.loop import Trainer
from segnet_ros.training.loop import TrainingError
import torch

LENGTH = ('epochs', 'minutes')
"""What may change when a run is resumed: its schedule then fits the new length."""


def save_state(path: Path, trainer: Trainer, position: Position, recipe: dict[str, Any]) -> None:
    """
    Write all that a run needs to continue exactly.

    :param path: a file already there is replaced in one step
    :param recipe: compared when the run is resumed, so that two runs are not mixed
    """
    state = {
        'network': trainer.network.state_dict(),
        'optimizer': trainer.optimizer.state_dict(),
        'position': vars(position),
        'recipe': recipe,
    }
    with write_atomically(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path, trainer: Trainer, recipe: dict[str, Any]) -> Position:
    """
    Continue from a saved state.

    :param path: as written by :func:`save_state`
    :param trainer: its network and optimizer take over the saved state
    :param recipe: of this run
    :return: how far the run had come
    :raises TrainingError: if the file cannot be read, or is of a run with another recipe
    """
    try:
        state = torch.load(path, map_location=trainer.device, weights_only=True)
        found = state['recipe']
        position = Position(**state['position'])
    except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
        raise TrainingError(
            f'{path}: expected the state of a run, could not read it'
            f' ({type(error).__name__}: {error}); start anew with another --output'
        ) from error
    differences = [
        f'{key} {found.get(key)!r} there, {value!r} here'
        for key, value in recipe.items()
        if key not in LENGTH and found.get(key) != value
    ]
    if differences:
        raise TrainingError(
            f'{path}: expected a run with the same options, found {"; ".join(differences)};'
            ' use the same options to resume, or another --output to start anew'
        )
    trainer.network.load_state_dict(state['network'])
    trainer.optimizer.load_state_dict(state['optimizer'])
    return position
