"""The backend that computes networks by ONNX Runtime; images and outputs stay PyTorch's."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
from segnet_ros.core import device as devices
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.device import DeviceError
from segnet_ros.core.device import DTYPES
from segnet_ros.core.engine.backend import Backend
from segnet_ros.core.engine.backend import BackendError
from segnet_ros.core.engine.backend import Engine
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.export.exported_checkpoint import ExportedCheckpoint
from segnet_ros.export.exported_checkpoint import load_exported
from segnet_ros.export.exported_model import build_network_model
from segnet_ros.export.onnxruntime_network import OnnxRuntimeNetwork
from segnet_ros.export.providers import ON_CUDA
import torch
from torch import Tensor


class OnnxRuntimeBackend(Backend):
    """Computes what can be exported, and what was."""

    def load_checkpoint(self, path: str | Path) -> Checkpoint:
        """Read a checkpoint, or an ONNX file that was exported."""
        return load_exported(path) if Path(path).suffix == '.onnx' else load_checkpoint(path)

    def select_device(self, name: str) -> torch.device:
        """Find a device that PyTorch and ONNX Runtime have both."""
        device = devices.select_device(name)
        available = onnxruntime.get_available_providers()
        if device.type == 'cpu' or set(available) & set(ON_CUDA):
            return device
        if name == 'auto':
            return torch.device('cpu')
        raise DeviceError(
            f"expected an ONNX Runtime with a provider for device '{name}', found"
            f" {', '.join(available)}; install onnxruntime-gpu in its place, or use device 'cpu'"
        )

    def select_precision(self, name: str, device: torch.device, checkpoint: Checkpoint) -> str:
        """Choose that of the file, where it was exported; else fp16 on CUDA, fp32 on a CPU."""
        if isinstance(checkpoint, ExportedCheckpoint):
            precision, why = checkpoint.precision, 'of the ONNX file'
            allowed: tuple[str, ...] = (precision,)
        elif device.type == 'cuda':
            precision, allowed, why = 'fp16', ('fp32', 'fp16'), 'for ONNX Runtime on a GPU'
        else:
            precision, allowed, why = 'fp32', ('fp32',), 'for ONNX Runtime on a CPU'
        if name not in ('auto', *allowed):
            raise DeviceError(
                f"expected the precision {' or '.join(allowed)} {why}, got '{name}'; use 'auto'"
            )
        return precision if name == 'auto' else name

    def make_engine(
        self,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: str,
        input_size: tuple[int, int],
    ) -> Engine:
        """Prepare the size that is given; others follow when they are asked for."""
        network = _Network(checkpoint, device, precision)
        network.prepare(input_size)
        return Pipeline(
            network,
            DTYPES[precision],
            checkpoint.normalization,
            torch.tensor(checkpoint.label_set.palette, device=device),
        )

    def can_be_sampled(self, _: Checkpoint) -> bool:
        """Tell that a graph has no dropout."""
        return False


class _Network:
    """A network for several sizes of input, each of which is a model of its own."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, precision: str) -> None:
        self._checkpoint = checkpoint
        self._device = device
        self._precision = precision
        self._prepared: dict[tuple[int, int], OnnxRuntimeNetwork] = {}

    def prepare(self, size: tuple[int, int]) -> OnnxRuntimeNetwork:
        """
        Make or find the model for a size.

        :raises BackendError: if the file is for another size
        """
        if size not in self._prepared:
            own, checkpoint = self._checkpoint.input_size, self._checkpoint
            if not isinstance(checkpoint, ExportedCheckpoint):
                model = build_network_model(checkpoint, size, self._precision)
            elif size == own:
                model = checkpoint.model
            else:
                raise BackendError(
                    f'expected the input size {own[0]} x {own[1]} of the ONNX file, got'
                    f' {size[0]} x {size[1]}; export it with --input-size {size[0]}x{size[1]}'
                )
            self._prepared[size] = OnnxRuntimeNetwork(model, self._device, self._precision)
        return self._prepared[size]

    def __call__(self, x: Tensor) -> Tensor:
        """Compute logits, (N, num_classes, H, W), of normalized images, (N, 3, H, W)."""
        return self.prepare((x.shape[2], x.shape[3]))(x)


BACKEND = OnnxRuntimeBackend()
