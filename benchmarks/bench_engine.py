"""
The network alone: ours against PyTorch's usual forms and other runtimes, in one process, by turns.

Every candidate computes the logits of the packaged checkpoint for the same normalized images. In
each round each runs once, so a drift of the machine falls on all of them. At batch 1 the Predictor
takes part in the rounds: from an image as a camera gives it to label and overlay.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
import json
from pathlib import Path
import time
from typing import Any

from candidates import Candidate
from candidates import list_candidates
from candidates import Run
from costs import count_bytes
from costs import count_flops
from machine import choose_arithmetic
from machine import describe_machine
from machine import measure_copy_rate
from machine import measure_matrix_rate
from machine import read_peak_memory
from machine import settle_memory
from machine import synchronize
import numpy as np
from segnet_ros.commands.command import parse_size
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.device import select_device
from segnet_ros.core.model import SegNetConfig
from segnet_ros.training.run.provenance import read_commit
import torch

SIZES = ((360, 480), (480, 640), (720, 1280))
BATCHES = (1, 8)
WARM_UP = 2


@dataclass
class Contestant:
    """A candidate that is ready to run on images of one shape."""

    candidate: Candidate
    run: Run
    memory: int
    """Bytes that it holds, and takes in a call, on a GPU; 0 on a CPU."""
    times: list[float] = field(default_factory=list)
    """Of its calls, in seconds."""


def main() -> None:
    """Measure, print tables, write JSON."""
    options = make_parser().parse_args()
    device = select_device(options.device)
    if options.threads:
        torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint('')
    candidates = choose_candidates(checkpoint, device, options.only)
    report = describe(candidates, device)
    print_head(report)
    for size in options.sizes:
        for batch in options.batches:
            invited = [one for one in candidates if batch == 1 or not one.network]
            rows = measure(invited, (batch, 3, *size), device, options.seconds)
            for row in rows:
                add_shares(row, checkpoint.config, report)
            report['results'] += rows
            print_table(rows, size, batch)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')


def make_parser() -> argparse.ArgumentParser:
    """Declare the options."""
    parser = argparse.ArgumentParser('bench_engine', description=__doc__)
    add = parser.add_argument
    add('--sizes', type=parse_size, nargs='+', default=SIZES, metavar='HxW')
    add('--batches', type=int, nargs='+', default=BATCHES)
    add(
        '--seconds', type=float, default=20.0, help='for each candidate at each size (%(default)g)'
    )
    add('--only', nargs='+', default=[], metavar='TEXT', help='candidates with this in their name')
    add('--device', default='auto')
    add('--threads', type=int, default=0)
    add('--json', type=Path, metavar='FILE')
    return parser


def choose_candidates(
    checkpoint: Checkpoint, device: torch.device, only: Sequence[str]
) -> list[Candidate]:
    """Choose those with one of the texts in their name, all without a text, that can run here."""
    chosen = [
        candidate
        for candidate in list_candidates(checkpoint, device)
        if not only or any(text in candidate.name for text in only)
    ]
    for missing in (one for one in chosen if not one.is_here):
        print(f'{missing.name}: not measured, {missing.needs} is not installed')
    return [candidate for candidate in chosen if candidate.is_here]


def describe(candidates: Sequence[Candidate], device: torch.device) -> dict[str, Any]:
    """Begin the report: the machine, and what it can do at best."""
    kinds = {one.arithmetic: (one.dtype, one.is_tf32) for one in candidates}
    return {
        **describe_machine(device),
        'commit': read_commit(),
        'matrix_rate': {name: measure_matrix_rate(device, *kind) for name, kind in kinds.items()},
        'copy_rate': measure_copy_rate(device),
        'results': [],
    }


@torch.inference_mode()
def measure(
    candidates: Sequence[Candidate], shape: tuple[int, ...], device: torch.device, seconds: float
) -> list[dict[str, Any]]:
    """Run all candidates by turns, and sum up the times of each."""
    # What was compiled for one shape keeps memory, and the next would be compiled for any shape.
    torch.compiler.reset()
    torch.manual_seed(0)
    x = torch.randn(shape, device=device)
    prepared = [prepare(candidate, x, device) for candidate in candidates]
    contestants = [contestant for contestant in prepared if contestant]
    end = time.perf_counter() + seconds * len(contestants)
    while contestants and (time.perf_counter() < end or len(contestants[0].times) < 3):
        for one in contestants:
            with choose_arithmetic(one.candidate.is_tf32):
                one.times.append(time_run(one.run, x, device))
    return [summarize(one, shape, contestants) for one in contestants]


def prepare(candidate: Candidate, x: torch.Tensor, device: torch.device) -> Contestant | None:
    """Get a candidate ready, or say in a line why it cannot be."""
    try:
        before = settle_memory(device)
        with choose_arithmetic(candidate.is_tf32):
            run = candidate.make(x)
            for _ in range(WARM_UP):
                time_run(run, x, device)
            # What cuDNN took to try its algorithms is needed once, and does not count.
            settle_memory(device)
            time_run(run, x, device)
        return Contestant(candidate, run, read_peak_memory(device) - before)
    except Exception as error:  # of any library: the others can be measured all the same
        reason = str(error).strip().partition('\n')[0]
        print(f'{candidate.name}: not measured, {type(error).__name__}: {reason}')
        return None


def time_run(run: Run, x: torch.Tensor, device: torch.device) -> float:
    """Time one call."""
    synchronize(device)
    start = time.perf_counter()
    run(x)
    synchronize(device)
    return time.perf_counter() - start


def summarize(
    one: Contestant, shape: tuple[int, ...], contestants: Sequence[Contestant]
) -> dict[str, Any]:
    """Put the times of a candidate into figures, beside those of the others; seconds."""
    median = float(np.median(one.times))
    medians = {other.candidate.name: float(np.median(other.times)) for other in contestants}
    row = {
        'name': one.candidate.name,
        'arithmetic': one.candidate.arithmetic,
        'itemsize': one.candidate.dtype.itemsize,
        'shape': list(shape),
        'runs': len(one.times),
        'median': median,
        'p90': float(np.percentile(one.times, 90)),
        'p99': float(np.percentile(one.times, 99)),
        'images_per_second': shape[0] / median,
        'speedup': medians[contestants[0].candidate.name] / median,
    }
    if one.memory:
        row['memory'] = one.memory
    if one.candidate.network in medians:
        row['network'] = one.candidate.network
        row['times_network'] = median / medians[one.candidate.network]
    return row


def add_shares(row: dict[str, Any], config: SegNetConfig, report: dict[str, Any]) -> None:
    """Set a candidate beside what the machine can do at best, and what there is to do at least."""
    batch, _, height, width = row['shape']
    flops = batch * count_flops(config, (height, width))
    moved = count_bytes(config, (height, width), batch, row['itemsize'])
    row['matrix_share'] = flops / row['median'] / report['matrix_rate'][row['arithmetic']]
    row['copy_share'] = moved / row['median'] / report['copy_rate']


def print_head(report: dict[str, Any]) -> None:
    """Say where the numbers come from."""
    print(', '.join(report[key] for key in ('device', 'system', 'torch', 'commit') if report[key]))
    for dtype, rate in report['matrix_rate'].items():
        print(f'matrices in {dtype}: {rate / 1e12:.3f} TFLOP/s')
    print(f'copies: {report["copy_rate"] / 1e9:.1f} GB/s')


def print_table(rows: Sequence[dict[str, Any]], size: tuple[int, int], batch: int) -> None:
    """Print the candidates at one size and batch."""
    runs = f'{rows[0]["runs"]} runs' if rows else 'nothing could be measured'
    print(f'\n{size[0]}x{size[1]}, batch {batch}; milliseconds per batch, {runs}')
    print(
        f'{"":<22}{"median":>9}{"p90":>9}{"p99":>9}{"images/s":>10}{"times":>8}{"matrix":>8}'
        f'{"copy":>7}{"MB":>8}'
    )
    for row in rows:
        times = ''.join(f'{1000 * row[key]:9.3f}' for key in ('median', 'p90', 'p99'))
        shares = f'{100 * row["matrix_share"]:7.0f}%{100 * row["copy_share"]:6.0f}%'
        memory = f'{row["memory"] / 1e6:8.0f}' if 'memory' in row else ''
        print(
            f'{row["name"]:<22}{times}{row["images_per_second"]:10.2f}{row["speedup"]:8.2f}'
            f'{shares}{memory}'
        )
    for row in rows:
        if 'network' in row:
            print(
                f'{row["name"]}, uint8 image to label and overlay:'
                f' {row["times_network"]:.2f} times {row["network"]} alone'
            )


if __name__ == '__main__':
    main()
