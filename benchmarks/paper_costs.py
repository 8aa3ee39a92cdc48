"""What a network costs: time and memory, measured in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
import statistics
import time
from typing import Any

from costs import count_flops
from machine import choose_arithmetic
from machine import settle_memory
from machine import synchronize
from segnet_ros.core.device import select_device
from segnet_ros.core.network import Network
from segnet_ros.core.network import NetworkConfig
import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

REFERENCE = 'segnet'
TRAINING_BATCH = 4
"""For the memory that training takes; all else is measured at batch 1."""


@dataclass(frozen=True)
class Conditions:
    """What all networks have in common."""

    size: tuple[int, int]
    """Height and width of the images."""
    device: str
    runs: int
    """Timed passes, after one that is not."""


def measure_all(
    configs: Mapping[str, NetworkConfig], conditions: Conditions
) -> dict[str, dict[str, Any]]:
    """
    Measure networks one after the other, and the reference a second time at the end.

    :param configs: by name, the reference first
    :return: costs by name; under ``again`` the second time of the reference, which tells how the
        machine has changed meanwhile
    """
    costs = {}
    for name, config in [*configs.items(), ('again', configs[REFERENCE])]:
        print(f'{name} …', flush=True)
        costs[name] = measure_apart(config, conditions)
    return costs


def measure_apart(config: NetworkConfig, conditions: Conditions) -> dict[str, Any]:
    """
    Measure a network in a fresh process, so that nothing else is in its peak of memory.

    :return: milliseconds, megabytes and counts by name, and ``notes``
    """
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
        try:
            return pool.submit(measure_costs, config, conditions).result()
        except BrokenProcessPool:
            return {'notes': ['not measured: its process was ended, perhaps for lack of memory']}


def measure_costs(config: NetworkConfig, conditions: Conditions) -> dict[str, Any]:
    """Measure a network in this process, in which nothing was measured before."""
    device = select_device(conditions.device)
    gmac = count_flops(config, conditions.size) / 2e9
    torch.manual_seed(0)
    with choose_arithmetic(is_tf32=False):
        _load_libraries(device)
        memory = Memory(device)
        network: Network = config.build().to(device).to(memory_format=torch.channels_last)
        images = _make_images(TRAINING_BATCH, conditions.size, device)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        return {
            'parameters': parameters,
            'model_mb': 4 * parameters / 1e6,
            'gmac': gmac,
            **measure_inference(network, images[:1], memory, conditions.runs),
            **measure_training(network, images, memory, conditions.runs),
        }


class Memory:
    """The most memory that has been taken: on a GPU by PyTorch, else by this process."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = _read_status('VmRSS')

    def settle(self) -> None:
        """Forget the peak so far; a CPU's peak stays, so what takes more has to come later."""
        settle_memory(self._device)

    def read(self, name: str) -> dict[str, float]:
        """
        Read the peak in megabytes.

        On a CPU that is by how much the process has grown. The peak is not that of ``getrusage``,
        which begins with the peak of the process that started this one.

        :param name: of what was done
        """
        if self._device.type == 'cuda':
            return {
                f'{name}_mb': torch.cuda.max_memory_allocated(self._device) / 1e6,
                f'{name}_reserved_mb': torch.cuda.max_memory_reserved(self._device) / 1e6,
            }
        return {f'{name}_mb': (_read_status('VmHWM') - self._before) / 1e6}


@torch.inference_mode()
def measure_inference(
    network: Network, image: Tensor, memory: Memory, runs: int
) -> dict[str, float]:
    """Measure the forward pass of one image, as it is run to segment it."""
    network.eval()
    network(image)
    memory.settle()
    network(image)
    found = memory.read('inference')
    seconds = [_time(lambda: network(image), image.device) for _ in range(runs)]
    return {**found, **_summarize('forward_ms', seconds)}


def measure_training(
    network: Network, images: Tensor, memory: Memory, runs: int
) -> dict[str, Any]:
    """Time the backward pass of one image, and see what memory both passes of a batch take."""
    network.train()
    seconds = [_time_backward(network, images[:1]) for _ in range(1 + runs)]
    found = _summarize('backward_ms', seconds[1:])
    missing = find_missing_memory(network, memory) if images.device.type == 'cpu' else ''
    if not missing:
        try:
            return {**found, **_measure_batch(network, images, memory), 'notes': []}
        except torch.cuda.OutOfMemoryError:
            missing = 'more than the GPU has'
    return {**found, 'notes': [f'memory of training at batch {len(images)}: {missing}']}


def find_missing_memory(network: Network, memory: Memory) -> str:
    """
    Tell whether a batch would make a CPU's machine swap, after an image has been trained on.

    :return: what is missing; empty if there is enough
    """
    lasting = 2 * sum(4 * parameter.numel() for parameter in network.parameters()) / 1e6
    passing = memory.read('image')['image_mb'] - lasting
    needed = lasting + TRAINING_BATCH * passing
    free = _read_figure(Path('/proc/meminfo'), 'MemAvailable') / 1e6
    return '' if needed < free else f'about {needed:,.0f} MB, of which {free:,.0f} are free'


def _measure_batch(network: Network, images: Tensor, memory: Memory) -> dict[str, float]:
    # cuDNN first tries its algorithms, which takes memory that is needed once.
    for _ in range(2 if images.device.type == 'cuda' else 1):
        memory.settle()
        _time_backward(network, images)
    return memory.read('training')


def _time_backward(network: Network, images: Tensor) -> float:
    """Time a backward pass, without the forward pass before it, in seconds."""
    truth = torch.zeros((len(images), *images.shape[2:]), dtype=torch.long, device=images.device)
    loss = F.cross_entropy(network(images), truth)
    seconds = _time(loss.backward, images.device)
    network.zero_grad(set_to_none=True)
    return seconds


def _time(call: Callable[[], object], device: torch.device) -> float:
    synchronize(device)
    start = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - start


def _summarize(name: str, seconds: list[float]) -> dict[str, float]:
    return {
        name: 1000 * statistics.mean(seconds),
        f'{name}_median': 1000 * statistics.median(seconds),
    }


def _make_images(count: int, size: tuple[int, int], device: torch.device) -> Tensor:
    images = torch.randn((count, 3, *size), device=device)
    return images.to(memory_format=torch.channels_last)


def _load_libraries(device: torch.device) -> None:
    """Compute a little, so that what PyTorch loads at first use counts for no network."""
    convolution = nn.Conv2d(3, 2, 3).to(device)
    convolution(_make_images(1, (32, 32), device)).sum().backward()


def _read_status(name: str) -> int:
    """Read a figure of this process, in bytes."""
    return _read_figure(Path('/proc/self/status'), name)


def _read_figure(path: Path, name: str) -> int:
    """Read a figure from one of Linux's own files, in bytes."""
    for line in path.read_text(encoding='utf-8').splitlines():
        key, _, value = line.partition(':')
        if key == name:
            return 1024 * int(value.split()[0])
    raise ValueError(f"{path}: expected '{name}', found none; this takes Linux")
