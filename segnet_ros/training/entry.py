"""Entries of the training commands, which tell in a line if what they need is not installed."""

from __future__ import annotations

import importlib
import sys


def evaluate() -> int:
    """Run ``segnet_evaluate``."""
    return _run('evaluate')


def predict() -> int:
    """Run ``segnet_predict``."""
    return _run('predict')


def pretrain() -> int:
    """Run ``segnet_pretrain``."""
    return _run('pretrain')


def train() -> int:
    """Run ``segnet_train``."""
    return _run('train')


def _run(name: str) -> int:
    try:
        module = importlib.import_module(f'segnet_ros.training.{name}')
    except ModuleNotFoundError as error:
        package = (error.name or '').partition('.')[0]
        print(
            f'segnet_{name}: error: expected the Python package {package}, found none; install it'
            f' for {sys.executable}: README.md, "Install on a robot", lists what the training'
            ' commands need',
            file=sys.stderr,
        )
        return 1
    code: int = module.main()
    return code
