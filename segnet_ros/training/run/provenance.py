"""What a checkpoint tells about how its weights came about."""

from __future__ import annotations

from pathlib import Path
import subprocess
from typing import Any

from segnet_ros.training.run.loop import Position
from segnet_ros.training.step.trainer import Trainer
import torch


def describe_run(
    recipe: dict[str, Any],
    position: Position,
    trainer: Trainer,
    metrics: dict[str, Any],
) -> dict[str, Any]:
    """
    Describe a run in plain values, for the checkpoint's metadata.

    :param recipe: the options of the run, the commit of the source tree when it began, and the
        provenance of the weights it started from, if any
    :param metrics: of the last validation, fractions; empty before the first
    """
    return {
        'recipe': recipe,
        'epochs': position.epoch,
        'minutes': round(position.seconds / 60, 1),
        'metrics': metrics,
        'device': trainer.device.type,
        'precision': trainer.precision,
        'torch': torch.__version__,
    }


def read_commit() -> str:
    """Name the commit of the source tree, with ``-dirty`` after changes; empty elsewhere."""
    root = Path(__file__).parents[3]
    if not (root / '.git').exists():  # installed, perhaps within the repository of someone else
        return ''
    try:
        command = ['git', 'describe', '--always', '--dirty', '--abbrev=12']
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ''
    return result.stdout.strip() if result.returncode == 0 else ''
