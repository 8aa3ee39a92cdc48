"""
Which engine computes a checkpoint: the fastest that device and PyTorch have.

Batch normalization is folded into the convolutions; the kernels of the device do convolution, bias
and ReLU at once; on CUDA all that lies between image and label is one graph. What cannot be had is
left out, with a line that says why.
"""

from __future__ import annotations

import logging

from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.cuda_kernels import CudaKernels
from segnet_ros.core.engine.cudnn import keep_fp32
from segnet_ros.core.engine.fused_network import Forward
from segnet_ros.core.engine.fused_network import FusedSegNet
from segnet_ros.core.engine.graph_pipeline import GraphPipeline
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.core.heap import keep_freed_memory
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.network import can_be_sampled
from segnet_ros.core.network import SampledNetwork
from segnet_ros.core.outputs import compute_outputs
import torch
from torch import nn
from torch import Tensor

logger = logging.getLogger(__name__)


def make_engine(
    checkpoint: Checkpoint,
    device: torch.device,
    dtype: torch.dtype,
    is_fused: bool = True,
    is_captured: bool = True,
) -> Pipeline | GraphPipeline:
    """
    Move a checkpoint's network to where it computes fastest.

    :param checkpoint: network, palette and normalization
    :param device: where to compute
    :param dtype: what the convolutions compute in
    :param is_fused: whether kernels of the device may be used; for benchmarks
    :param is_captured: whether CUDA may replay a graph; for benchmarks
    """
    keep_freed_memory(device)
    network = checkpoint.build_network().eval()
    fused = None
    kernels = None
    if is_fused and isinstance(network, SegNet):
        kernels = _find_kernels(network.config, device, dtype)
        # Folded where it lies: a GPU gets the filters that it will use, and nothing else.
        fused = FusedSegNet(network, kernels) if kernels else None
    sampled = None
    if isinstance(network, SampledNetwork) and can_be_sampled(network.config):
        sampled = network
    if sampled or not fused:
        make_plain(network.to(device), dtype)
    forward: Forward = fused or network
    if device.type == 'cuda' and dtype == torch.float32:
        forward = _compute_in_fp32(forward)
    pipeline = Pipeline(
        forward,
        dtype,
        checkpoint.normalization,
        torch.tensor(checkpoint.label_set.palette, device=device),
        kernels.compute_outputs if isinstance(kernels, CudaKernels) else compute_outputs,
        sampled,
    )
    return GraphPipeline(pipeline) if is_captured and device.type == 'cuda' else pipeline


def make_plain(network: nn.Module, dtype: torch.dtype) -> Forward:
    """
    Compute layer by layer, on any device.

    :param network: trained, in fp32; changed
    :param dtype: what its convolutions compute in
    """
    network.to(memory_format=torch.channels_last)
    # Convolutions alone: a variance may be more than fp16 can hold.
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(dtype)
    return network


def _compute_in_fp32(forward: Forward) -> Forward:
    def compute(x: Tensor) -> Tensor:
        with keep_fp32():
            return forward(x)

    return compute


def _find_kernels(
    config: SegNetConfig, device: torch.device, dtype: torch.dtype
) -> CpuKernels | CudaKernels | None:
    if device.type == 'cuda' and dtype == torch.float32:  # tensor cores have no fp32
        return None
    try:
        if device.type == 'cuda':
            return CudaKernels(config, dtype, device)
        return CpuKernels(dtype)
    except (AttributeError, RuntimeError) as error:
        logger.warning(
            'expected fused kernels for %s in PyTorch %s, found %s; computing layer by layer,'
            ' which is slower; install a PyTorch that is built for this machine',
            device,
            torch.__version__,
            str(error).partition('\n')[0],
        )
        return None
