"""Several processes that train one network, on one machine or many: ranks of a world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import os
from typing import TypeVar

import torch
from torch import distributed
from torch import Tensor

T = TypeVar('T')


@dataclass(frozen=True)
class World:
    """
    Which of how many processes this is; alone by default, and all methods work alone.

    Every rank calls the methods in the same order, with values on its own device.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """Rank within the machine, which is also the number of its GPU."""
    local_size: int = 1
    """Ranks of this machine."""

    @property
    def is_first(self) -> bool:
        """Whether this is the rank that writes and prints."""
        return self.rank == 0

    def share(self, count: int) -> range:
        """
        Tell which of a number of things are this rank's; each is exactly one rank's.

        :param count: of things, that are indexed from 0
        """
        return range(self.rank, count, self.size)

    def sum(self, value: Tensor) -> Tensor:
        """
        Add the values of all ranks.

        :param value: of one shape and type on all ranks; not changed
        """
        if self.size > 1:
            value = value.clone()
            distributed.all_reduce(value)
        return value

    def take_from_first(self, value: float, device: torch.device) -> float:
        """
        Return the first rank's value, where each has its own, such as its clock's.

        :param device: where the ranks exchange values
        """
        if self.size == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=device)
        distributed.broadcast(shared, src=0)
        return float(shared.item())

    def any(self, value: bool, device: torch.device) -> bool:
        """
        Tell whether it is true on any rank.

        :param device: where the ranks exchange values
        """
        if self.size == 1:
            return value
        return bool(self.sum(torch.tensor(int(value), device=device)).item())

    def gather(self, value: T) -> list[T]:
        """
        Collect the values of all ranks, in their order.

        :param value: anything that pickles
        """
        if self.size == 1:
            return [value]
        values = [value] * self.size
        distributed.all_gather_object(values, value)
        return values


@contextmanager
def join_world(on_gpus: bool) -> Iterator[World]:
    """
    Join the processes that ``torchrun`` started; be alone without it.

    :param on_gpus: whether they compute on GPUs, and so exchange values through NCCL
    :return: this process's place among them
    :raises ValueError: if there are more processes than GPUs on this machine
    """
    size = _read_size()
    if size == 1:
        yield World()
        return
    local_rank = int(os.environ['LOCAL_RANK'])
    if on_gpus:
        if local_rank >= torch.cuda.device_count():
            raise ValueError(
                f'expected a GPU per process, found {torch.cuda.device_count()} for process'
                f' {local_rank}; lower --nproc-per-node'
            )
        torch.cuda.set_device(local_rank)
    distributed.init_process_group('nccl' if on_gpus else 'gloo')
    try:
        local_size = int(os.environ.get('LOCAL_WORLD_SIZE', size))
        yield World(distributed.get_rank(), size, local_rank, local_size)
    finally:
        distributed.destroy_process_group()


def check_alone() -> None:
    """
    Refuse to be one of several processes, for commands that cannot share their work.

    :raises ValueError: if ``torchrun`` started more than one
    """
    size = _read_size()
    if size > 1:
        raise ValueError(f'expected one process, found {size}; start the command without torchrun')


def _read_size() -> int:
    """Count the processes that ``torchrun`` started."""
    return int(os.environ.get('WORLD_SIZE', '1'))
