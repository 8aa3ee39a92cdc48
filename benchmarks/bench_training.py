"""
Training steps per second and peak memory, against the plain eager SegNet in fp32.

Each candidate runs in processes of its own, in turn, so that memory is its own and drifts of the
machine fall on both. A step is forward, loss, backward and optimizer on random images that are
already decoded; loading data is not in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import json
import resource
import statistics
import subprocess
import sys
import time

from machine import describe_machine
from plain_segnet import PlainSegNet
from segnet_ros.core.device import select_device
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.run.provenance import read_commit
from segnet_ros.training.step.optimizer import make_optimizer
from segnet_ros.training.step.precision import select_training_precision
from segnet_ros.training.step.segnet_trainer import SegNetTrainer
import torch
from torch import nn
from torch import Tensor

CANDIDATES = ('plain', 'segnet_ros')
Step = Callable[[Tensor, Tensor], object]


def main() -> None:
    """Measure the candidates in turn, and print a table."""
    parser = argparse.ArgumentParser('bench_training', description=__doc__)
    parser.add_argument('--batch-size', type=int, default=4)
    parser.add_argument('--height', type=int, default=360)
    parser.add_argument('--width', type=int, default=480)
    parser.add_argument('--steps', type=int, default=5, help='timed steps of each process')
    parser.add_argument('--rounds', type=int, default=3, help='processes of each candidate')
    parser.add_argument('--device', default='auto')
    parser.add_argument('--candidate', choices=CANDIDATES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.candidate:
        print(json.dumps(measure(options)))
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Run each candidate so many times, and print medians."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in CANDIDATES}
    for _ in range(options.rounds):
        for name in CANDIDATES:
            command = [sys.executable, *sys.argv, '--candidate', name]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            results[name].append(json.loads(output.splitlines()[-1]))
    rates = {name: statistics.median(r['rate'] for r in results[name]) for name in CANDIDATES}
    memory = {name: max(r['memory'] for r in results[name]) for name in CANDIDATES}
    machine = ', '.join(describe_machine(select_device(options.device)).values())
    print(f'{machine}, {read_commit()}')
    print(f'{options.height}x{options.width}, batch {options.batch_size}')
    for name in CANDIDATES:
        print(f'{name:<12} {rates[name]:7.3f} images/s  {memory[name]:8.0f} MB peak')
    print(
        f'{"ratio":<12} {rates["segnet_ros"] / rates["plain"]:7.2f}'
        f'           {memory["segnet_ros"] / memory["plain"]:8.2f}'
    )


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Time one candidate in this process; the first step, which sets up, does not count."""
    device = select_device(options.device)
    torch.manual_seed(0)
    size = (options.height, options.width)
    image = torch.randint(0, 256, (options.batch_size, 3, *size), dtype=torch.uint8)
    label = torch.randint(0, 11, (options.batch_size, *size), dtype=torch.uint8)
    step = {'plain': make_plain_step, 'segnet_ros': make_step}[options.candidate](device, size)
    step(image, label)
    seconds = []
    for _ in range(options.steps):
        start = time.perf_counter()
        step(image, label)
        if device.type == 'cuda':
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    if device.type == 'cuda':
        memory = torch.cuda.max_memory_reserved() / 1e6
    else:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {'rate': options.batch_size / statistics.median(seconds), 'memory': memory}


def make_step(device: torch.device, size: tuple[int, int]) -> Step:
    """Train as segnet_train does by default."""
    network = SegNet(SegNetConfig()).to(device).to(memory_format=torch.channels_last)
    trainer = SegNetTrainer(
        network=network,
        optimizer=make_optimizer(network, 'adamw', 1e-3, 1e-2),
        class_weights=torch.ones(11, device=device),
        normalization=Normalization(),
        device=device,
        precision=select_training_precision('auto', device),
        peak_learning_rate=1e-3,
        size=size,
    )
    return lambda image, label: trainer.train_batch(image, label, 0.5)


def make_plain_step(device: torch.device, _: tuple[int, int]) -> Step:
    """Train as public SegNets do: fp32, NCHW, int64 pooling indices."""
    network = PlainSegNet().to(device).train()
    optimizer = make_optimizer(network, 'adamw', 1e-3, 1e-2)
    criterion = nn.CrossEntropyLoss(ignore_index=255)
    normalization = Normalization()

    def step(image: Tensor, label: Tensor) -> None:
        logits = network(normalization.normalize(image.to(device)))
        loss = criterion(logits, label.to(device).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step


if __name__ == '__main__':
    main()
