"""
What each ingredient of a recipe brings: runs that differ in one thing, on images held out.

Small by default, for a machine without a GPU: half of the paper's widths, 120x160. What is not an
option of segnet_train was tried in copies of it, and is told of in doc/training.md.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
import csv
from pathlib import Path
import subprocess
import sys

VARIATIONS = {
    'flips and light': [],
    'another seed': ['--seed', '1'],
    'batches of 4': ['--batch-size', '4'],
    'no class weights': ['--class-weights', 'none'],
    'median-frequency weights': ['--class-weights', 'median'],
    'zoom': ['--augmentation', 'zoom-flip-and-light'],
    'zoom and exposure': ['--augmentation', 'zoom-flip-and-exposure'],
    '150 scenes': ['--scenes', '150', '--epochs', '20'],  # as many samples
    'no augmentation': ['--augmentation', 'none'],
    'learning rate 3e-3': ['--learning-rate', '3e-3'],
    'paper': ['--recipe', 'paper', '--augmentation', 'none'],
}


def main() -> None:
    """Train the variations, and print a table."""
    options = make_parser().parse_args()
    variations = dict(VARIATIONS)
    if options.encoder:
        variations['pretrained encoder'] = ['--encoder', options.encoder]
    names = list(options.only or variations)
    outputs = [options.output / name.replace(' ', '_') for name in names]
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = [
            pool.submit(train, options, variations[name], output)
            for name, output in zip(names, outputs, strict=True)
        ]
    for name, run, output in zip(names, runs, outputs, strict=True):
        print(f'{name:<26}{run.exception() or read_metrics(output)}', flush=True)


def make_parser() -> argparse.ArgumentParser:
    """Declare the options."""
    parser = argparse.ArgumentParser('bench_recipes', description=__doc__)
    add = parser.add_argument
    add('--data', required=True)
    add('--hold-out', required=True, metavar='START')
    add('--widths', nargs=5, default=['32', '64', '128', '256', '256'])
    add('--size', default='120x160')
    add('--epochs', default='30')
    add('--encoder', default='', help='of segnet_pretrain, with the same widths')
    add('--only', nargs='+', metavar='NAME', help=', '.join(VARIATIONS))
    add('--jobs', type=int, default=1, help='runs at once, for a GPU that one does not fill')
    add('--output', type=Path, default=Path('bench_output/recipes'))
    return parser


def train(options: argparse.Namespace, variation: list[str], output: Path) -> None:
    """Do one run, or what is left of it."""
    if (output / 'curves.png').exists():  # drawn at the end of a run
        return
    command = [sys.executable, '-m', 'segnet_ros.training.train', '--data', options.data]
    command += ['--hold-out', options.hold_out, '--widths', *options.widths]
    command += ['--size', options.size, '--epochs', options.epochs, '--validate-every', '10']
    command += ['--augmentation', 'flip-and-light']
    command += [*variation, '--output', str(output)]
    if (output / 'state.pt').exists():
        command.append('--resume')
    subprocess.run(command, check=True)


def read_metrics(output: Path) -> str:
    """Read what the last validation found."""
    with open(output / 'history.csv', newline='', encoding='utf-8') as file:
        *_, last = csv.DictReader(file)
    names = {'miou': 'mIoU', 'global_accuracy': 'global', 'class_accuracy': 'class', 'bf': 'BF'}
    return '  '.join(f'{text} {100 * float(last[name]):5.2f}' for name, text in names.items())


if __name__ == '__main__':
    main()
