"""Who computes the network: PyTorch, or another runtime, imported when it is asked for."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
import sys
from typing import Protocol

from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.engine.pipeline import Outputs
from segnet_ros.core.engine.pipeline import Request
import torch
from torch import Tensor

MODULES = {
    'torch': 'segnet_ros.core.engine.torch_backend',
    'onnxruntime': 'segnet_ros.export.onnxruntime_backend',
}
"""Where each backend is: a module with ``BACKEND``."""


class BackendError(ValueError):
    """Raised when there is no such backend, or it lacks what it needs."""


class Engine(Protocol):
    """What computes images, for one network on one device."""

    @property
    def device_ms(self) -> float | None:
        """How long the device took for the last images, in ms; None where it is not measured."""

    def segment(self, images: Sequence[Image], request: Request, opacity: float) -> list[Outputs]:
        """Segment images as :meth:`segnet_ros.core.engine.pipeline.Pipeline.segment` does."""

    def compute_logits(self, image: Image, input_size: tuple[int, int]) -> Tensor:
        """Compute (1, num_classes, *input_size), on the device."""


class Backend(ABC):
    """Chooses, for a predictor, where and how its network is computed."""

    @abstractmethod
    def load_checkpoint(self, path: str | Path) -> Checkpoint:
        """
        Read a file.

        :param path: the file; empty for the one that comes with the package
        :raises FileNotFoundError: if there is no such file
        :raises CheckpointError: if it is not one that this backend computes
        """

    @abstractmethod
    def select_device(self, name: str) -> torch.device:
        """
        Find the device: where images are, too.

        :param name: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``
        :raises DeviceError: if it is not one of these, or not here
        """

    @abstractmethod
    def select_precision(self, name: str, device: torch.device, checkpoint: Checkpoint) -> str:
        """
        Choose the precision.

        :param name: one of :data:`segnet_ros.core.device.PRECISIONS`
        :return: ``fp32``, ``fp16`` or ``bf16``
        :raises DeviceError: if it is unknown, or not computed there
        """

    @abstractmethod
    def make_engine(
        self,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: str,
        input_size: tuple[int, int],
    ) -> Engine:
        """
        Make what computes.

        :param checkpoint: of :meth:`load_checkpoint`
        :param input_size: height and width of the network's input that it will be asked for
        :raises ValueError: if this backend does not compute such a network
        """

    @abstractmethod
    def can_be_sampled(self, checkpoint: Checkpoint) -> bool:
        """Tell whether samples can be drawn of the network's dropout."""


def find_backend(name: str) -> Backend:
    """
    Import a backend.

    :param name: one of :data:`MODULES`
    :raises BackendError: if there is none of that name, or a package that it needs is missing
    """
    if name not in MODULES:
        raise BackendError(f"expected a backend of {', '.join(MODULES)}, got '{name}'")
    try:
        module = import_module(MODULES[name])
    except ModuleNotFoundError as error:
        package = (error.name or '').partition('.')[0]
        raise BackendError(
            f"expected the Python package {package} for the backend '{name}', found none; install"
            f" it for {sys.executable} (README.md, 'Other runtimes'), or use the backend 'torch'"
        ) from error
    backend: Backend = module.BACKEND
    return backend
