"""
Measure what a robot would get: ``segnet_evaluate_node``.

The images of a labeled data set are published as by a camera, ``segnet_node`` runs as on a robot,
and the metrics of ``segnet_evaluate`` are computed from its label topic.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import closing
import json
import os
from pathlib import Path
import sys
import tempfile
from typing import Any
from typing import IO

from segnet_ros.commands.command import add_checkpoint_options
from segnet_ros.commands.command import parse_size
from segnet_ros.commands.command import run_command
from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.weight_files import write_atomically
from segnet_ros.evaluation.read_ahead import read_ahead
from segnet_ros.evaluation.report import describe_outcome
from segnet_ros.evaluation.report import summarize_outcome
from segnet_ros.evaluation.scoring import score_labels
from segnet_ros.node.inference.checkpoint_source import hash_checkpoint
from segnet_ros.node.process.dds_settings import make_dds_environment
from segnet_ros.node.trial.errors import StoppedError
from segnet_ros.node.trial.label_spool import LabelSpool
from segnet_ros.node.trial.label_spool import MEMORY_BYTES
from segnet_ros.node.trial.node_trial import Network
from segnet_ros.node.trial.node_trial import NodeTrial
from segnet_ros.node.trial.node_trial import Outcome
from segnet_ros.node.trial.processes import make_parameter_arguments
from segnet_ros.node.trial.processes import StopRequest
from segnet_ros.node.trial.table import format_rows
from segnet_ros.training.data.dataset import Samples
from segnet_ros.training.data.fingerprints import count_seen
from segnet_ros.training.data.fingerprints import describe_seen
from segnet_ros.training.measurement.evaluation import format_table
from segnet_ros.training.measurement.evaluation import summarize
from segnet_ros.training.measurement.sample_options import add_sample_options
from segnet_ros.training.measurement.sample_options import describe_samples
from segnet_ros.training.measurement.sample_options import open_samples
from tqdm import tqdm

RATE = 10.0
"""Images per second of a camera of which nothing else is said."""
NODE_ARGUMENTS = '--'
"""What follows is for the node."""


def main(args: list[str] | None = None) -> int:
    """
    Run the command.

    :param args: arguments; None for those of the process
    :return: exit code: 1 if something did not work, 130 after SIGINT, 143 after SIGTERM
    """
    own, node_arguments = _split(sys.argv[1:] if args is None else args)
    stop = StopRequest()
    os.environ.update(make_dds_environment())
    parser = _make_parser()
    try:
        return run_command(parser, lambda given: _evaluate(given, node_arguments, stop), own)
    except StoppedError:
        print(f'{parser.prog}: interrupted', file=sys.stderr)
        return 128 + stop.number


def _split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split the arguments into those of the command and those of the node."""
    end = args.index(NODE_ARGUMENTS) if NODE_ARGUMENTS in args else len(args)
    return list(args[:end]), list(args[end + 1 :])


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_evaluate_node',
        description='Measure a checkpoint through segnet_node: images with labels are published as'
        ' by a camera, and what comes on its label topic is compared.',
        epilog=f'What follows {NODE_ARGUMENTS} goes to segnet_node after --ros-args, such as'
        f' {NODE_ARGUMENTS} -p cpu_threads:=2',
    )
    add_sample_options(parser)
    add_checkpoint_options(parser)
    add = parser.add_argument
    add('--input-size', type=parse_size, metavar='HxW', help="network's input (checkpoint's)")
    add(
        '--mode',
        choices=('drop-free', 'real-time'),
        default='drop-free',
        help='drop-free waits for the label of each image; real-time publishes as a camera does,'
        ' and counts what is missed (%(default)s)',
    )
    add(
        '--rate',
        type=parse_positive_number,
        metavar='HZ',
        help=f'images per second in real time ({RATE:g})',
    )
    add(
        '--timeout',
        type=parse_positive_number,
        default=180.0,
        metavar='S',
        help='how many seconds a label may take, once the node runs (%(default)s)',
    )
    add('--json', type=Path, metavar='FILE', help='also write all numbers here')
    add('--log', type=Path, metavar='FILE', help='keep what the node says here')
    return parser


def _evaluate(options: argparse.Namespace, node_arguments: list[str], stop: StopRequest) -> None:
    if options.rate and options.mode != 'real-time':
        raise ValueError('expected --mode real-time with --rate, got drop-free')
    checkpoint = load_checkpoint(options.checkpoint)
    label_set, provenance = checkpoint.label_set, checkpoint.provenance
    del checkpoint  # the node loads its own
    samples = open_samples(options, label_set)
    for path in filter(None, (options.json, options.log)):
        path.parent.mkdir(parents=True, exist_ok=True)
    trial = NodeTrial(
        Network(label_set.num_classes, hash_checkpoint(options.checkpoint, '')),
        _list_node_arguments(options) + node_arguments,
        (options.rate or RATE) if options.mode == 'real-time' else None,
        options.timeout,
    )
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as file:
        labels = LabelSpool(file)
        outcome = _run(trial, samples, labels, options.log, stop)
        metrics = summarize(score_labels(labels, samples, label_set, stop.check), label_set)
        pairs = [samples.pairs[number] for number in labels.numbers if samples.pairs]
    seen = count_seen(pairs, provenance)
    conditions = _describe_conditions(options, node_arguments, outcome, seen)
    print(format_table(metrics))
    print(format_rows(describe_outcome(outcome)))
    print(conditions)
    if options.json:
        metrics |= {'seen_in_training': seen, 'conditions': conditions}
        metrics |= summarize_outcome(outcome)
        with write_atomically(options.json) as path:
            path.write_text(json.dumps(metrics, indent=2) + '\n', encoding='utf-8')


def _list_node_arguments(options: argparse.Namespace) -> list[str]:
    """Say to the node what ``segnet_evaluate`` would be told."""
    values: dict[str, Any] = {
        'checkpoint': options.checkpoint,
        'device': options.device,
        'precision': options.precision,
    }
    if options.input_size:
        values['input_height'], values['input_width'] = options.input_size
    return make_parameter_arguments(values)


def _run(
    trial: NodeTrial,
    samples: Samples,
    labels: LabelSpool,
    log_path: Path | None,
    stop: StopRequest,
) -> Outcome:
    with (
        _open_log(log_path) as log,
        closing(read_ahead(samples)) as images,
        tqdm(images, 'node', len(samples), unit='image', leave=False) as bar,
    ):
        return trial.run(bar, labels, log, stop)


def _open_log(path: Path | None) -> AbstractContextManager[IO[str]]:
    """
    Open the file that the node writes to.

    :param path: None for one that is gone when it is closed
    """
    if path:
        return open(path, 'w', encoding='utf-8')
    return tempfile.NamedTemporaryFile('w', encoding='utf-8')


def _describe_conditions(
    options: argparse.Namespace, node_arguments: list[str], outcome: Outcome, seen: int | None
) -> str:
    """Say what the numbers are of, in a line."""
    network, count = outcome.network, outcome.tally.recorded
    more = f', with {" ".join(node_arguments)}' if node_arguments else ''
    return (
        f'{count} images ({describe_samples(options)}), {describe_seen(seen, count)}, through'
        f' segnet_node, {options.mode}, {network["hardware_id"]}, {network["precision"]}, input'
        f' {network["input size"]}{more}'
    )


if __name__ == '__main__':
    sys.exit(main())
