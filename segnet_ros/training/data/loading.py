"""Samples in batches: in which order, by which processes."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import os
import signal

import cv2
import numpy as np
from segnet_ros.training.data.training_set import Draw
from segnet_ros.training.data.training_set import SeededSamples
from segnet_ros.training.step.distributed import World
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Sampler


class LoadingError(RuntimeError):
    """Raised when samples cannot be loaded because a loading process has ended."""


class EpochSampler(Sampler[Draw]):
    """Shuffle an epoch by (seed, epoch), and deal each of its batches to the ranks."""

    def __init__(
        self, samples: SeededSamples, epoch: int, batch_size: int, world: World, start: int = 0
    ) -> None:
        """
        Shuffle; an incomplete last batch is left out.

        :param samples: what to draw from
        :param epoch: counts from 0
        :param batch_size: samples in a batch, of all ranks together
        :param world: whose batches these are
        :param start: first batch, above 0 when a run resumes within an epoch
        """
        order = np.random.default_rng((samples.seed, epoch)).permutation(len(samples))
        batches = order[: len(order) // batch_size * batch_size].reshape(-1, batch_size)
        own = batches[start:, world.rank :: world.size]
        self.draws = [Draw(epoch, int(index)) for index in own.ravel()]

    def __len__(self) -> int:
        """Count the samples that are left of the epoch."""
        return len(self.draws)

    def __iter__(self) -> Iterator[Draw]:
        """Go through them."""
        return iter(self.draws)


class RunSampler(Sampler[Draw]):
    """Go through epoch after epoch, without an end."""

    def __init__(
        self, samples: SeededSamples, epoch: int, batch_size: int, world: World, start: int
    ) -> None:
        """
        Begin anywhere; the parameters are those of :class:`EpochSampler`.

        :param epoch: the first
        :param start: first batch of it
        """
        self._epochs = (
            EpochSampler(samples, number, batch_size, world, start if number == epoch else 0)
            for number in itertools.count(epoch)
        )

    def __iter__(self) -> Iterator[Draw]:
        """Go through them; once."""
        return itertools.chain.from_iterable(self._epochs)


def load_batches(
    samples: SeededSamples,
    sampler: Sampler[Draw],
    batch_size: int,
    workers: int,
    pin: bool = False,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """
    Load batches.

    :param samples: what to draw from
    :param sampler: which samples, in which order
    :param batch_size: samples of this rank in a batch
    :param workers: processes that prepare samples; 0 for none
    :param pin: whether into memory from which GPUs copy faster
    """
    return DataLoader(
        samples,
        batch_size=batch_size,
        sampler=sampler,
        num_workers=workers,
        pin_memory=pin,
        worker_init_fn=prepare_worker,
    )


def prepare_worker(_: int) -> None:
    """Make a loading process use one thread, and end when the main one says so."""
    # One of several; OpenCV would start a thread per core in each.
    cv2.setNumThreads(0)
    # Ctrl-C signals all processes of a terminal's group, a service manager all of the service. The
    # main one finishes its batch and saves. Were this one ended by a signal, not by itself,
    # PyTorch would raise an error in the main one in the midst of that.
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
