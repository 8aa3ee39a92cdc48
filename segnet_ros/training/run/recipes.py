"""Recipes: named sets of options, each of which can be overridden on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path
from typing import Any

LEARNING_RATES = {'adamw': 1e-3, 'sgd': 0.1}
"""Peak learning rate by optimizer; for SGD that of the paper, section 3.2."""
WEIGHT_DECAYS = {'adamw': 1e-2, 'sgd': 5e-4}
"""Weight decay by optimizer; for SGD that of the released solver."""
OUTSIDE_THE_RECIPE = (
    'check',
    'device',
    'output',
    'resume',
    'save_minutes',
    'validate_every',
    'workers',
)
"""Options that do not change what is learned, and may differ when a run is resumed."""


@dataclass(frozen=True)
class Recipe:
    """What a recipe decides; the fields have the names of the options."""

    optimizer: str
    schedule: str
    batch_size: int
    class_weights: str
    augmentation: str
    metric: str
    recompute_batch_norm: bool


RECIPES = {
    # SegNet (TPAMI 2017), sections 3.2 and 3.3: a fixed learning rate, no augmentation.
    'paper': Recipe(
        optimizer='sgd',
        schedule='constant',
        batch_size=12,
        class_weights='median',
        augmentation='none',
        metric='global_accuracy',
        recompute_batch_norm=True,
    ),
    # By measurements, and where these were too short by expectation: doc/training.md says which.
    'strong': Recipe(
        optimizer='adamw',
        schedule='one-cycle',
        batch_size=8,
        class_weights='sqrt-median',
        augmentation='zoom-flip-and-exposure',
        metric='miou',
        recompute_batch_norm=False,
    ),
}


PRETRAINING = {'optimizer': 'sgd', 'schedule': 'one-cycle', 'batch_size': 128}
"""Of the same options, for ``segnet_pretrain``."""


def fill_in(options: argparse.Namespace, defaults: Mapping[str, Any]) -> None:
    """
    Replace each option that was not given, None, by its default; some depend on the optimizer.

    :param options: of a command; changed
    :param defaults: by the name of the option, such as those of a recipe
    """
    optimizer = options.optimizer or defaults['optimizer']
    by_optimizer = {
        'learning_rate': LEARNING_RATES[optimizer],
        'weight_decay': WEIGHT_DECAYS[optimizer],
    }
    for name, value in {**defaults, **by_optimizer}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)


def describe_recipe(options: argparse.Namespace) -> dict[str, Any]:
    """
    Put what makes up a run into plain values, for its checkpoint and to resume it.

    :return: options by name; of paths only the last part
    """
    recipe: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in vars(options).items()
        if key not in OUTSIDE_THE_RECIPE
    }
    for key in recipe.keys() & {'data', 'init', 'encoder', 'label_set'}:
        recipe[key] = Path(recipe[key]).name if recipe[key] else None
    return recipe


def list_defaults() -> dict[str, str]:
    """Tell, for the help of each option, what the recipes say."""
    return {
        field.name: ', '.join(f'{name} {getattr(RECIPES[name], field.name)}' for name in RECIPES)
        for field in fields(Recipe)
    }
