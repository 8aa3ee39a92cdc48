"""
The tables of the SegNet paper, measured again: what each network costs, and what it learns.

Every network of the registry takes part unless some are named. Results go to markdown tables, with
the paper's own figures beside ours, and to JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import product
import json
from pathlib import Path
import sys
from typing import Any

from machine import describe_machine
from paper_costs import Conditions
from paper_costs import measure_all
from paper_costs import REFERENCE
from paper_costs_table import compute_drift
from paper_costs_table import compute_ratios
from paper_costs_table import format_costs
from paper_figures import BALANCED
from paper_figures import LARGE
from paper_pictures import draw_pictures
from paper_pictures import save_picture
from paper_run import Run
from paper_training import claim
from paper_training import collect
from paper_training import ending_at_sigterm
from paper_training import finish_apart
from paper_training_table import format_training
from paper_training_table import judge_orderings
from segnet_ros.commands.command import add_data_option
from segnet_ros.commands.command import parse_natural
from segnet_ros.commands.command import parse_positive
from segnet_ros.commands.command import parse_size
from segnet_ros.commands.command import run_command
from segnet_ros.core.device import select_device
from segnet_ros.core.network import NetworkConfig
from segnet_ros.core.registry import make_config
from segnet_ros.core.registry import MODULES
from segnet_ros.training.run.provenance import read_commit
from segnet_ros.training.run.recipes import RECIPES
from segnet_ros.training.step.loss import CLASS_WEIGHTS

GPU_MEMORY = "what PyTorch's tensors take at most (with what it reserves for them)"
CPU_MEMORY = 'by how much the process of the network grows at most'


def main(arguments: list[str] | None = None) -> int:
    """Run one of the three commands; the exit code is 1 on bad input."""
    return run_command(make_parser(), lambda options: options.command(options), arguments)


def make_parser() -> argparse.ArgumentParser:
    """Declare the options."""
    parser = argparse.ArgumentParser('paper_tables', description=__doc__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    costs = commands.add_parser('costs', help='tables 6 and 1: time, memory, parameters')
    costs.set_defaults(command=tell_costs)
    costs.add_argument('--runs', type=parse_positive, default=10, help='timed passes (10)')
    costs.add_argument('--json', type=Path, metavar='FILE')
    costs.add_argument('--markdown', type=Path, metavar='FILE')
    _add_shared_options(costs, list(MODULES))
    training = commands.add_parser('training', help='tables 1 and 3: the same training for each')
    training.set_defaults(command=compare_training)
    _add_training_options(training)
    _add_shared_options(training, [*BALANCED, *LARGE])
    pictures = commands.add_parser('pictures', help='a rendered scene through trained networks')
    pictures.set_defaults(command=draw)
    add = pictures.add_argument
    add('--runs', type=Path, required=True, metavar='DIR', help="--output of 'training'")
    add('--output', type=Path, required=True, metavar='FILE.png')
    add('--seed', type=parse_natural, default=0, help='of the scene (%(default)s)')
    add('--device', default='auto')
    return parser


def _add_shared_options(parser: argparse.ArgumentParser, networks: list[str]) -> None:
    add = parser.add_argument
    add('--networks', nargs='+', choices=MODULES, default=networks, metavar='NAME')
    add('--size', type=parse_size, default=(360, 480), metavar='HxW')
    add('--device', default='auto')


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    add = parser.add_argument
    add('--output', type=Path, required=True, metavar='DIR', help='runs, training.json and .md')
    add('--epochs', type=parse_positive, default=100)
    add('--batch-size', type=parse_positive)
    add('--seeds', type=parse_natural, nargs='+', default=[0])
    add('--recipe', choices=sorted(RECIPES), default='paper')
    add('--class-weights', choices=CLASS_WEIGHTS, help="the recipe's, if not given")
    add('--costs', type=Path, metavar='FILE', help="JSON of 'costs', for what it tells of memory")
    add(
        '--train-options',
        nargs=argparse.REMAINDER,
        default=[],
        metavar='OPTION',
        help='all that follows goes to segnet_train, such as --learning-rate 1e-3',
    )


def tell_costs(options: argparse.Namespace) -> None:
    """Measure what networks cost, print tables, write files."""
    for path in filter(None, (options.json, options.markdown)):
        path.parent.mkdir(parents=True, exist_ok=True)
    configs = {name: make_config(name, {}) for name in [REFERENCE, *options.networks]}
    report = report_costs(configs, Conditions(options.size, options.device, options.runs))
    text = format_costs(report)
    print(f'\n{text}', end='')
    if options.markdown:
        options.markdown.write_text(text, encoding='utf-8')
    if options.json:
        _write_json(options.json, report)


def report_costs(configs: Mapping[str, NetworkConfig], conditions: Conditions) -> dict[str, Any]:
    """
    Measure what networks cost.

    :param configs: by name, the reference first
    """
    networks = measure_all(configs, conditions)
    again = networks.pop('again')
    is_cuda = select_device(conditions.device).type == 'cuda'
    return {
        **_describe(conditions.device),
        'size': list(conditions.size),
        'runs': conditions.runs,
        'memory': GPU_MEMORY if is_cuda else CPU_MEMORY,
        'drift': compute_drift(networks[REFERENCE], again),
        'networks': networks,
        'ratios': compute_ratios(networks),
    }


def compare_training(options: argparse.Namespace) -> None:
    """
    Train each network at each seed, as far as that is not done, and write tables after each.

    :raises ValueError: if some could not be trained, once all others are
    """
    if not options.data:
        raise ValueError('expected --data DIR to train on, got none')
    arguments = tuple(list_train_arguments(options))
    costs = _read_costs(options.costs)
    failed: dict[str, str] = {}
    with ending_at_sigterm(), claim(options.output, options.data, arguments) as lock:
        for seed, network in product(options.seeds, options.networks):
            print(f'{network}, seed {seed} …', flush=True)
            folder = options.output / network / f'seed_{seed}'
            run = Run(network, seed, folder, options.data, options.device, arguments)
            problem = finish_apart(run, lock)
            if problem:
                failed[f'{network}, seed {seed}'] = problem
            text = _write_training(options, arguments, costs, failed)
    print(f'\n{text}', end='')
    if failed:
        raise ValueError(f'expected every run to become complete, {len(failed)} did not')


def list_train_arguments(options: argparse.Namespace) -> list[str]:
    """List what segnet_train is told for all networks."""
    epochs = str(options.epochs)
    arguments = ['--recipe', options.recipe, '--size', f'{options.size[0]}x{options.size[1]}']
    # A validation on the way would count as time of training.
    arguments += ['--epochs', epochs, '--validate-every', epochs]
    if options.batch_size:
        arguments += ['--batch-size', str(options.batch_size)]
    if options.class_weights:
        arguments += ['--class-weights', options.class_weights]
    return [*arguments, *options.train_options]


def _read_costs(path: Path | None) -> dict[str, Any]:
    """Read what 'costs' found of each network, if it is given."""
    if path is None:
        return {}
    report = json.loads(path.read_text(encoding='utf-8'))
    if not isinstance(report, dict) or not isinstance(report.get('networks'), dict):
        raise ValueError(f"{path}: expected the JSON of 'costs', found something else")
    networks: dict[str, Any] = report['networks']
    return networks


def _write_training(
    options: argparse.Namespace,
    arguments: Sequence[str],
    costs: Mapping[str, Any],
    failed: Mapping[str, str],
) -> str:
    """Write what there is so far as JSON and markdown, which is returned."""
    class_weights = options.class_weights or RECIPES[options.recipe].class_weights
    networks = collect(options.output)
    report = {
        **_describe(options.device),
        'data': options.data.resolve().name,
        'arguments': list(arguments),
        'class_weights': class_weights,
        'unit': 'percent',
        'networks': networks,
        'orderings': judge_orderings(networks, costs, class_weights),
        'failed': dict(failed),
    }
    _write_json(options.output / 'training.json', report)
    text = format_training(report)
    (options.output / 'training.md').write_text(text, encoding='utf-8')
    return text


def draw(options: argparse.Namespace) -> None:
    """Draw a contact sheet of trained networks."""
    save_picture(options.output, draw_pictures(options.runs, options.seed, options.device))


def _describe(device: str) -> dict[str, Any]:
    return {**describe_machine(select_device(device)), 'commit': read_commit()}


def _write_json(path: Path, report: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')


if __name__ == '__main__':
    sys.exit(main())
