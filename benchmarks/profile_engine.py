"""
Which kernels the network spends its time in, on a GPU: from normalized images to logits.

The network is replayed as a graph, as the predictor does; times are the profiler's, per call.
"""

from __future__ import annotations

import argparse

from bench_engine import time_run
from candidates import Candidate
from candidates import list_candidates
from candidates import Run
from machine import describe_machine
from segnet_ros.commands.command import parse_positive
from segnet_ros.commands.command import parse_size
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.device import select_device
from segnet_ros.core.device import select_precision
from segnet_ros.training.run.provenance import read_commit
import torch
from torch.profiler import profile
from torch.profiler import ProfilerActivity

CALLS = 100
NAME_LENGTH = 70


def main() -> None:
    """Measure, and print a line per kernel, the longest first."""
    parser = argparse.ArgumentParser('profile_engine', description=__doc__)
    parser.add_argument('--size', type=parse_size, default=(360, 480), metavar='HxW')
    parser.add_argument('--batch', type=parse_positive, default=1)
    parser.add_argument('--device', default='cuda')
    options = parser.parse_args()
    device = select_device(options.device)
    if device.type != 'cuda':
        parser.error(f'expected a GPU to profile, got {device}; see bench_engine.py for the CPU')
    candidate = find_candidate(device)
    x = torch.randn(options.batch, 3, *options.size, device=device)
    with torch.inference_mode():
        run = candidate.make(x)
        seconds = time_calls(run, x)
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            time_calls(run, x)
    print(', '.join((*describe_machine(device).values(), read_commit())))
    print(f'{candidate.name}, {options.size[0]}x{options.size[1]}, batch {options.batch}')
    print_kernels(profiler)
    print(f'{1e6 * seconds:9.1f} us from call to call')


def find_candidate(device: torch.device) -> Candidate:
    """Find the network as the predictor computes it."""
    name = f'segnet_ros {select_precision("auto", device)}'
    return next(one for one in list_candidates(load_checkpoint(), device) if one.name == name)


def print_kernels(profiler: profile) -> None:
    """Print the time and number of each kernel in a call."""
    kernels = [event for event in profiler.key_averages() if event.self_device_time_total]
    for event in sorted(kernels, key=lambda event: -event.self_device_time_total):
        microseconds = event.self_device_time_total / CALLS
        print(f'{microseconds:9.1f} us{event.count / CALLS:5.0f}  {event.key[:NAME_LENGTH]}')
    total = sum(event.self_device_time_total for event in kernels) / CALLS
    print(f'{total:9.1f} us in kernels')


def time_calls(run: Run, x: torch.Tensor) -> float:
    """Make the calls, waiting for each, and return the seconds of one."""
    return sum(time_run(run, x, x.device) for _ in range(CALLS)) / CALLS


if __name__ == '__main__':
    main()
