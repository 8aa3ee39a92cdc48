"""
An exported SegNet against PyTorch that takes over its pooling decisions.

Which pixel of a window is the highest is decided by the last bit, where two are all but equal, and
unpooling then puts the value one pixel further: so rounding alone can change a label whose two
highest logits are far apart. Taken apart, both halves can be exact: PyTorch with the decisions of
a runtime has to come to the labels of that runtime, and these decisions have to be PyTorch's own
but for windows whose two highest pixels are equal up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import helper
from onnx import ModelProto
from onnx import TensorProto
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.engine.backend import Engine
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.fused_network import FusedSegNet
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.core.outputs import resize_logits
from segnet_ros.core.pooling import Pooled
from segnet_ros.core.pooling import split_windows
from segnet_ros.core.pooling import unpool
from segnet_ros.export.exported_model import Export
from segnet_ros.export.self_check import Outputs
import torch
from torch import Tensor

STAGES = 5
KINDS = ('right_in_top', 'right_in_bottom', 'in_bottom')
"""Of the comparisons that a window's index consists of; parts of their names in the graph."""


def expose_decisions(model: ModelProto) -> ModelProto:
    """Copy a model, and let it tell each comparison of its poolings beside its outputs."""
    copy = ModelProto()
    copy.CopyFrom(model)
    copy.graph.output.extend(
        helper.make_tensor_value_info(_name(stage, kind), TensorProto.BOOL, None)
        for stage in range(STAGES)
        for kind in KINDS
    )
    return copy


def read_decisions(outputs: Outputs) -> list[Tensor]:
    """
    Read the pooling indices from what a runtime made of an image.

    :return: for each stage, uint8 (1, C, h, w), 0 to 3
    """
    return [_read_stage(outputs, stage) for stage in range(STAGES)]


def _read_stage(outputs: Outputs, stage: int) -> Tensor:
    top, bottom, is_bottom = (outputs[_name(stage, kind)] for kind in KINDS)
    indices = np.where(is_bottom, bottom.astype(np.uint8) + 2, top.astype(np.uint8))
    return torch.from_numpy(indices)[None]


def _name(stage: int, kind: str) -> str:
    return f'encoder.{stage}.pool.{kind}'


@dataclass
class Decisions:
    """How far somebody's pooling decisions were PyTorch's own."""

    windows: int = 0
    differing: int = 0
    """Windows of which another pixel was taken."""
    margin: float = 0.0
    """By how much that was lower at most, as a share of the highest value of the map."""

    def add(self, highest: Tensor, taken: Tensor) -> None:
        """Compare the highest pixel of each window with the one that was taken."""
        margins = highest - taken
        self.windows += margins.numel()
        self.differing += int((margins > 0).sum())
        self.margin = max(self.margin, float(margins.max() / highest.max()))

    def describe(self) -> str:
        """Tell it in a line."""
        text = f'{self.differing} of {self.windows} pooling decisions differ'
        if self.differing:
            text += f', for pixels up to {self.margin:.1g} of the highest value lower'
        return text


@torch.inference_mode()
def compute_logits(engine: Engine, image: Image, export: Export) -> NDArray[np.float32]:
    """Compute logits (num_classes, H, W) on the CPU, of an image of the export's size."""
    logits = engine.compute_logits(image, export.input_size)
    resized: NDArray[np.float32] = resize_logits(logits, export.image_size)[0].numpy()
    return resized


class FollowingSegNet:
    """
    PyTorch in fp32 on the CPU, but for what is the highest pixel of a window.

    :ivar decisions: what was taken over, compared with what it would have been
    """

    def __init__(self, checkpoint: Checkpoint, export: Export) -> None:
        self.decisions = Decisions()
        self._export = export
        self._kernels = _FollowingKernels(self.decisions)
        network = FusedSegNet(checkpoint.build_network().eval(), self._kernels)
        palette = torch.tensor(checkpoint.label_set.palette)
        self._engine = Pipeline(network, torch.float32, checkpoint.normalization, palette)

    def compute_logits(self, image: Image, indices: list[Tensor]) -> NDArray[np.float32]:
        """
        Compute logits (num_classes, H, W) of an image of the export's size.

        :param indices: of :func:`read_decisions`
        """
        self._kernels.follow(indices)
        return compute_logits(self._engine, image, self._export)


class _FollowingKernels(CpuKernels):
    """The kernels of the CPU, but for pooling."""

    def __init__(self, decisions: Decisions) -> None:
        super().__init__(torch.float32)
        self._decisions = decisions
        self.follow([])

    def follow(self, indices: list[Tensor]) -> None:
        """Take these in the next poolings, uint8 (1, C, h, w) each, one after the other."""
        self._indices = iter(indices)

    def max_pool(self, x: Tensor) -> Pooled:
        """Take from each window the pixel that was taken elsewhere."""
        indices = next(self._indices)
        corners = torch.stack(split_windows(x))
        features = corners.gather(0, indices[None].long())[0]
        self._decisions.add(corners.amax(0), features)
        return Pooled(features, indices, (x.shape[2], x.shape[3]))

    def unpool(self, x: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
        """Put each value back where it was taken."""
        return unpool(x, indices, size)
