"""The ways to compute a SegNet that are compared: ours, PyTorch's usual ones, other runtimes."""

from __future__ import annotations

from collections.abc import Callable
import copy
import importlib.util
import tempfile
from typing import NamedTuple

from exportable_segnet import ExportableSegNet
from plain_segnet import PlainSegNet
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.device import DTYPES
from segnet_ros.core.device import select_precision
from segnet_ros.core.engine import make_engine
import torch
from torch import Tensor

Run = Callable[[Tensor], object]
"""Computes logits of normalized images, float32 (N, 3, H, W) on the device."""


class Candidate(NamedTuple):
    """A way to compute the network."""

    name: str
    dtype: torch.dtype
    """What its convolutions compute in."""
    make: Callable[[Tensor], Run]
    """Prepares it for images like these."""
    needs: str = ''
    """A package that has to be installed."""

    @property
    def is_here(self) -> bool:
        """Whether it can be run."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


def list_candidates(checkpoint: Checkpoint, device: torch.device) -> list[Candidate]:
    """List those for a device; the first is what the others are measured by."""
    plain = PlainSegNet(checkpoint.config.num_classes, checkpoint.config.widths)
    plain.load_state_dict({name: weight.float() for name, weight in checkpoint.weights.items()})
    plain.to(device).eval()
    half = DTYPES[select_precision('auto', device)]
    ours = [
        Candidate(f'segnet_ros {_name(dtype)}', dtype, _make_ours(checkpoint, device, dtype))
        for dtype in dict.fromkeys((torch.float32, half))
    ]
    if device.type == 'cpu':
        return [
            Candidate('eager fp32', torch.float32, lambda _: plain),
            Candidate('torch.compile fp32', torch.float32, lambda _: torch.compile(plain)),
            Candidate('ONNX Runtime fp32', torch.float32, _make_onnxruntime(plain), 'onnxruntime'),
            Candidate('OpenVINO fp32', torch.float32, _make_openvino(plain, 'f32'), 'openvino'),
            Candidate('OpenVINO bf16', torch.bfloat16, _make_openvino(plain, 'bf16'), 'openvino'),
            *ours,
        ]
    return [
        Candidate('eager fp32', torch.float32, lambda _: _with_tf32(plain, False)),
        Candidate('eager TF32', torch.float32, lambda _: _with_tf32(plain, True)),
        Candidate('eager fp16', torch.float16, _make_half(plain)),
        Candidate('torch.compile fp16', torch.float16, _make_half(plain, 'max-autotune')),
        *ours,
    ]


def _name(dtype: torch.dtype) -> str:
    return next(name for name, kind in DTYPES.items() if kind == dtype)


def _make_ours(
    checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype
) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        forward = make_engine(checkpoint, device, dtype, is_captured=False).forward
        x = example.to(dtype, memory_format=torch.channels_last)
        return _capture(forward, x) if device.type == 'cuda' else lambda _: forward(x)

    return make


def _make_half(plain: PlainSegNet, mode: str = '') -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        network = copy.deepcopy(plain).half()
        run = torch.compile(network, mode=mode) if mode else network
        x = example.half()
        return lambda _: run(x)

    return make


def _with_tf32(network: PlainSegNet, is_allowed: bool) -> Run:
    def run(x: Tensor) -> Tensor:
        torch.backends.cudnn.allow_tf32 = is_allowed
        logits: Tensor = network(x)
        return logits

    return run


def _capture(forward: Run, x: Tensor) -> Run:
    """Replay the network as a graph, as the predictor does."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            forward(x)
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        forward(x)
    return lambda _: graph.replay()


def _make_exportable(plain: PlainSegNet) -> ExportableSegNet:
    network = ExportableSegNet(plain.classifier.out_channels, plain.widths)
    network.load_state_dict(plain.state_dict())
    return network.eval()


def _make_openvino(plain: PlainSegNet, precision: str) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        import openvino

        model = openvino.convert_model(
            _make_exportable(plain), example_input=example, input=list(example.shape)
        )
        settings = {'INFERENCE_PRECISION_HINT': precision, 'PERFORMANCE_HINT': 'LATENCY'}
        compiled = openvino.compile_model(model, 'CPU', settings)
        return lambda x: compiled(x.numpy())[0]

    return make


def _make_onnxruntime(plain: PlainSegNet) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        import onnxruntime

        with tempfile.NamedTemporaryFile(suffix='.onnx') as file:
            torch.onnx.export(
                _make_exportable(plain), (example,), file.name, opset_version=17, dynamo=False
            )
            session = onnxruntime.InferenceSession(file.name, providers=['CPUExecutionProvider'])
        name = session.get_inputs()[0].name
        return lambda x: session.run(None, {name: x.numpy()})[0]

    return make
