"""The backend that is always there: PyTorch, with the kernels of the device."""

from __future__ import annotations

from pathlib import Path

from segnet_ros.core import checkpoint as checkpoint_file
from segnet_ros.core import device as devices
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import CheckpointError
from segnet_ros.core.engine.backend import Backend
from segnet_ros.core.engine.backend import Engine
from segnet_ros.core.engine.choice import make_engine
from segnet_ros.core.network import can_be_sampled
import torch


class TorchBackend(Backend):
    """Computes every network that there is."""

    def load_checkpoint(self, path: str | Path) -> Checkpoint:
        """Read a checkpoint, and tell who can read an ONNX file."""
        if Path(path).suffix == '.onnx':
            raise CheckpointError(
                f"{path}: expected a .safetensors file for the backend 'torch', found an ONNX"
                " file; use the backend 'onnxruntime', or the checkpoint that it was exported from"
            )
        return checkpoint_file.load_checkpoint(path)

    def select_device(self, name: str) -> torch.device:
        """Find a device, as :func:`segnet_ros.core.device.select_device` does."""
        return devices.select_device(name)

    def select_precision(self, name: str, device: torch.device, _: Checkpoint) -> str:
        """Choose a precision, as :func:`segnet_ros.core.device.select_precision` does."""
        return devices.select_precision(name, device)

    def make_engine(
        self,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: str,
        _: tuple[int, int],
    ) -> Engine:
        """Make what computes any size of input."""
        return make_engine(checkpoint, device, devices.DTYPES[precision])

    def can_be_sampled(self, checkpoint: Checkpoint) -> bool:
        """Tell whether the network has dropout."""
        return can_be_sampled(checkpoint.config)


BACKEND = TorchBackend()
