"""Recipes: named sets of options, each of which can be overridden on the command line."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEARNING_RATES = {'adamw': 1e-3, 'sgd': 0.1}
"""Peak learning rate by optimizer; for SGD that of the paper, section 3.2."""
WEIGHT_DECAYS = {'adamw': 1e-2, 'sgd': 5e-4}
"""Weight decay by optimizer; for SGD that of the released solver."""
OUTSIDE_THE_RECIPE = (
    'check',
    'device',
    'metric',
    'output',
    'resume',
    'save_minutes',
    'val_split',
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


RECIPES = {
    # SegNet (TPAMI 2017), sections 3.2 and 3.3: a fixed learning rate, no augmentation.
    'paper': Recipe(
        optimizer='sgd',
        schedule='constant',
        batch_size=12,
        class_weights='median',
        augmentation='none',
        metric='global_accuracy',
    ),
    # For few images and little time; doc/training.md has the measurements.
    'strong': Recipe(
        optimizer='adamw',
        schedule='one-cycle',
        batch_size=8,
        class_weights='sqrt-median',
        augmentation='flip-and-light',
        metric='miou',
    ),
}


def fill_in_recipe(options: argparse.Namespace) -> None:
    """
    Replace each option that was not given, None, by what the recipe or the optimizer says.

    :param options: of ``segnet_train``; changed
    """
    defaults = asdict(RECIPES[options.recipe])
    optimizer = options.optimizer or defaults['optimizer']
    defaults['learning_rate'] = LEARNING_RATES[optimizer]
    defaults['weight_decay'] = WEIGHT_DECAYS[optimizer]
    for name, value in defaults.items():
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
    for key in ('data', 'init', 'label_set'):
        recipe[key] = Path(recipe[key]).name if recipe[key] else None
    return recipe


def list_defaults(name: str) -> str:
    """Tell, for the help of an option, what each recipe says."""
    return ', '.join(f'{recipe} {getattr(RECIPES[recipe], name)}' for recipe in RECIPES)
