"""Entries of commands, which tell in a line if what they need is not installed."""

from __future__ import annotations

import importlib
import sys


def bag() -> int:
    """Run ``segnet_bag``."""
    return _run('bag.bag')


def evaluate() -> int:
    """Run ``segnet_evaluate``."""
    return _run('training.evaluate')


def export() -> int:
    """Run ``segnet_export``."""
    return _run('export.export')


def evaluate_node() -> int:
    """Run ``segnet_evaluate_node``."""
    return _run('evaluation.evaluate_node')


def predict() -> int:
    """Run ``segnet_predict``."""
    return _run('training.predict')


def pretrain() -> int:
    """Run ``segnet_pretrain``."""
    return _run('training.pretrain')


def train() -> int:
    """Run ``segnet_train``."""
    return _run('training.train')


def web() -> int:
    """Run ``segnet_web``."""
    return _run('web.web')


def _run(name: str) -> int:
    """
    Run a command.

    :param name: of its module under ``segnet_ros``; the last part is that of the command
    """
    try:
        module = importlib.import_module(f'segnet_ros.{name}')
    except ModuleNotFoundError as error:
        package = (error.name or '').partition('.')[0]
        command = 'segnet_' + name.rpartition('.')[2]
        print(
            f'{command}: error: expected the Python package {package}, found none; install it'
            f' for {sys.executable}: README.md, "Install on a robot", lists what each command'
            ' needs',
            file=sys.stderr,
        )
        return 1
    code: int = module.main()
    return code
