"""
The network alone: ours against PyTorch's usual forms and other runtimes, in one process, by turns.

Every candidate computes the logits of the packaged checkpoint for the same normalized images. In
each round each runs once, so a drift of the machine falls on all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from pathlib import Path
import time
from typing import Any

from candidates import Candidate
from candidates import list_candidates
from candidates import Run
from machine import describe_machine
from machine import measure_copy_rate
from machine import measure_matrix_rate
from machine import synchronize
import numpy as np
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.device import select_device
from segnet_ros.core.model import SegNetConfig
from segnet_ros.training.command import parse_size
from segnet_ros.training.run.provenance import read_commit
import torch

SIZES = ((360, 480), (480, 640), (720, 1280))
BATCHES = (1, 8)
WARM_UP = 2


def main() -> None:
    """Measure, print tables, write JSON."""
    options = make_parser().parse_args()
    device = select_device(options.device)
    if options.threads:
        torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint('')
    candidates = [
        candidate
        for candidate in list_candidates(checkpoint, device)
        if not options.only or any(text in candidate.name for text in options.only)
    ]
    for missing in (one for one in candidates if not one.is_here):
        print(f'{missing.name}: not measured, {missing.needs} is not installed')
    candidates = [candidate for candidate in candidates if candidate.is_here]
    report: dict[str, Any] = describe_machine(device) | {'commit': read_commit()}
    dtypes = dict.fromkeys(candidate.dtype for candidate in candidates)
    rates = {dtype: measure_matrix_rate(device, dtype) for dtype in dtypes}
    report['matrix_rate'] = {str(dtype): rate for dtype, rate in rates.items()}
    report['copy_rate'] = measure_copy_rate(device)
    print_head(report)
    report['results'] = []
    with torch.inference_mode():
        for size in options.sizes:
            for batch in options.batches:
                rows = measure(candidates, (batch, 3, *size), device, options.seconds)
                flops = count_flops(checkpoint.config, size) * batch
                for row, candidate in zip(rows, candidates, strict=True):
                    row['matrix_share'] = flops / row['median'] / rates[candidate.dtype]
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


def measure(
    candidates: Sequence[Candidate], shape: tuple[int, ...], device: torch.device, seconds: float
) -> list[dict[str, Any]]:
    """Run all candidates by turns, and sum up the times of each."""
    torch.manual_seed(0)
    x = torch.randn(shape, device=device)
    runs, memory = [], []
    for candidate in candidates:
        if device.type == 'cuda':
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_reserved(device) if device.type == 'cuda' else 0
        runs.append(candidate.make(x))
        for _ in range(WARM_UP):
            time_run(runs[-1], x, device)
        if device.type == 'cuda':
            memory.append(torch.cuda.max_memory_reserved(device) - before)
    times: list[list[float]] = [[] for _ in runs]
    end = time.perf_counter() + seconds * len(runs)
    while time.perf_counter() < end or len(times[0]) < 3:
        for run, own in zip(runs, times, strict=True):
            own.append(time_run(run, x, device))
    return [
        summarize(candidate.name, shape, own, times[0])
        | ({'memory': memory[number]} if memory else {})
        for number, (candidate, own) in enumerate(zip(candidates, times, strict=True))
    ]


def time_run(run: Run, x: torch.Tensor, device: torch.device) -> float:
    """Time one call."""
    synchronize(device)
    start = time.perf_counter()
    run(x)
    synchronize(device)
    return time.perf_counter() - start


def summarize(
    name: str, shape: tuple[int, ...], times: Sequence[float], first: Sequence[float]
) -> dict[str, Any]:
    """Put the times of a candidate into figures; seconds."""
    median = float(np.median(times))
    return {
        'name': name,
        'shape': list(shape),
        'runs': len(times),
        'median': median,
        'p90': float(np.percentile(times, 90)),
        'p99': float(np.percentile(times, 99)),
        'images_per_second': shape[0] / median,
        'speedup': float(np.median(first)) / median,
    }


def count_flops(config: SegNetConfig, size: tuple[int, int]) -> float:
    """Count the operations of the convolutions for one image: two for each multiply and add."""
    stages = []
    inputs = (3, *config.widths[:-1])
    outputs = (config.num_classes, *config.widths[:-1])
    for before, width, after, depth in zip(
        inputs, config.widths, outputs, config.depths, strict=True
    ):
        encoder = before * width + (depth - 1) * width * width
        decoder = (depth - 1) * width * width + width * after
        stages.append(encoder + decoder)
    height, width, total = *size, 0.0
    for products in stages:
        total += 2 * 9 * products * height * width
        height, width = (height + 1) // 2, (width + 1) // 2
    return total


def print_head(report: dict[str, Any]) -> None:
    """Say where the numbers come from."""
    print(', '.join(report[key] for key in ('device', 'system', 'torch', 'commit') if report[key]))
    for dtype, rate in report['matrix_rate'].items():
        print(f'matrices in {dtype}: {rate / 1e12:.3f} TFLOP/s')
    print(f'copies: {report["copy_rate"] / 1e9:.1f} GB/s')


def print_table(rows: Sequence[dict[str, Any]], size: tuple[int, int], batch: int) -> None:
    """Print the candidates at one size and batch."""
    print(f'\n{size[0]}x{size[1]}, batch {batch}; milliseconds per batch, {rows[0]["runs"]} runs')
    print(
        f'{"":<22}{"median":>9}{"p90":>9}{"p99":>9}{"images/s":>10}{"times":>7}{"matrix":>8}  MB'
    )
    for row in rows:
        times = ''.join(f'{1000 * row[key]:9.2f}' for key in ('median', 'p90', 'p99'))
        memory = f'{row["memory"] / 1e6:5.0f}' if 'memory' in row else ''
        print(
            f'{row["name"]:<22}{times}{row["images_per_second"]:9.2f}{row["speedup"]:9.2f}'
            f'{100 * row["matrix_share"]:8.0f}%{memory}'
        )


if __name__ == '__main__':
    main()
