"""The ways to compute a SegNet that are compared: ours, PyTorch's usual ones, other runtimes."""

from __future__ import annotations

from collections.abc import Callable
import copy
from dataclasses import dataclass
import importlib.util
from typing import NamedTuple

import numpy as np
from plain_segnet import PlainSegNet
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.device import DTYPES
from segnet_ros.core.device import select_precision
from segnet_ros.core.engine import make_engine
from segnet_ros.core.engine.cudnn import try_algorithms
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.core.predictor import Predictor
import torch
from torch import Tensor

Run = Callable[[Tensor], object]
"""Computes logits of normalized images, float32 (N, 3, H, W) on the device."""
OUTPUTS = ('label', 'overlay')
"""What a node is usually asked for."""
WARM_UP = 3
"""Calls before a capture, as many as the predictor makes."""


class Candidate(NamedTuple):
    """A way to compute the network."""

    name: str
    dtype: torch.dtype
    """What its convolutions compute in."""
    make: Callable[[Tensor], Run]
    """Prepares it for images like these."""
    needs: str = ''
    """A package that has to be installed."""
    is_tf32: bool = False
    """Whether products of fp32 may be rounded to TF32."""
    network: str = ''
    """The candidate that is the network alone, where this one goes from one image to outputs."""

    @property
    def is_here(self) -> bool:
        """Whether it can be run."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    @property
    def arithmetic(self) -> str:
        """Name of what it multiplies with."""
        return 'TF32' if self.is_tf32 else _name(self.dtype)


def list_candidates(checkpoint: Checkpoint, device: torch.device) -> list[Candidate]:
    """List those for a device; the first is what the others are measured by."""
    plain = PlainSegNet(checkpoint.config.num_classes, checkpoint.config.widths).eval()
    plain.load_state_dict({name: weight.float() for name, weight in checkpoint.weights.items()})
    half = DTYPES[select_precision('auto', device)]
    # fp32 alone where a CPU has no bf16: one product for the matrix rate would take minutes.
    dtypes = {_name(dtype): dtype for dtype in (torch.float32, half)}
    ours = [
        Candidate(f'segnet_ros {name}', dtype, _make_ours(checkpoint, device, dtype))
        for name, dtype in dtypes.items()
    ]
    predictor = Candidate(
        f'Predictor {_name(half)}', half, _make_predictor(checkpoint), network=ours[-1].name
    )
    if device.type == 'cpu':
        return [
            Candidate('eager fp32', torch.float32, _make_eager(plain)),
            Candidate('torch.compile fp32', torch.float32, _make_compiled(plain)),
            Candidate(
                'ONNX Runtime fp32', torch.float32, _make_onnxruntime(checkpoint), 'onnxruntime'
            ),
            *(
                Candidate(f'OpenVINO {name}', dtype, _make_openvino(checkpoint, name), 'openvino')
                for name, dtype in dtypes.items()
            ),
            *ours,
            predictor,
        ]
    return [
        Candidate('eager fp32', torch.float32, _make_eager(plain)),
        Candidate('eager TF32', torch.float32, _make_eager(plain), is_tf32=True),
        Candidate('eager fp16', torch.float16, _make_eager(plain, torch.float16)),
        Candidate(
            'torch.compile fp16',
            torch.float16,
            _make_compiled(plain, torch.float16, 'max-autotune'),
        ),
        *ours,
        predictor,
    ]


def _name(dtype: torch.dtype) -> str:
    return next(name for name, kind in DTYPES.items() if kind == dtype)


def _make_ours(
    checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype
) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        engine = make_engine(checkpoint, device, dtype, is_captured=False)
        assert isinstance(engine, Pipeline)
        forward = engine.forward
        x = example.to(dtype, memory_format=torch.channels_last)
        return _capture(forward, x) if device.type == 'cuda' else lambda _: forward(x)

    return make


def _make_predictor(checkpoint: Checkpoint) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        height, width = example.shape[2:]
        predictor = Predictor(checkpoint, str(example.device), input_size=(height, width))
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        return lambda _: predictor.predict(image, OUTPUTS)

    return make


def _make_eager(plain: PlainSegNet, dtype: torch.dtype = torch.float32) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        network, x = _copy(plain, example.device, dtype), example.to(dtype)
        return lambda _: network(x)

    return make


def _make_compiled(
    plain: PlainSegNet, dtype: torch.dtype = torch.float32, mode: str | None = None
) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        network = torch.compile(_copy(plain, example.device, dtype), dynamic=False, mode=mode)
        x = example.to(dtype)
        return lambda _: network(x)

    return make


def _copy(plain: PlainSegNet, device: torch.device, dtype: torch.dtype) -> PlainSegNet:
    """Give a candidate weights of its own, so that they count as its memory."""
    return copy.deepcopy(plain).to(device, dtype)


@dataclass(frozen=True)
class _Captured:
    """A network as a graph, with all that the graph reads: freed, it would be overwritten."""

    graph: torch.cuda.CUDAGraph
    forward: Run
    x: Tensor
    logits: Tensor

    def __call__(self, _: Tensor) -> Tensor:
        self.graph.replay()
        return self.logits


def _capture(forward: Callable[[Tensor], Tensor], x: Tensor) -> Run:
    """Replay the network as a graph, as the predictor does."""
    stream = torch.cuda.Stream(x.device)
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), try_algorithms():
        for _ in range(WARM_UP):
            forward(x)
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph), try_algorithms():
        logits = forward(x)
    return _Captured(graph, forward, x, logits)


def _make_openvino(checkpoint: Checkpoint, precision: str) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        from segnet_ros.export.runtimes import import_openvino

        openvino = import_openvino()
        core = openvino.Core()
        model = core.read_model(model=_export(checkpoint, example))
        # As many images as there are, not any number.
        model.reshape(list(example.shape))
        hint = {'fp32': 'f32', 'bf16': 'bf16'}[precision]
        settings = {'INFERENCE_PRECISION_HINT': hint, 'PERFORMANCE_HINT': 'LATENCY'}
        compiled = core.compile_model(model, 'CPU', settings)
        return lambda x: compiled(x.numpy())[0]

    return make


def _make_onnxruntime(checkpoint: Checkpoint) -> Callable[[Tensor], Run]:
    def make(example: Tensor) -> Run:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(
            _export(checkpoint, example), options, providers=['CPUExecutionProvider']
        )
        name = session.get_inputs()[0].name
        return lambda x: session.run(None, {name: x.numpy()})[0]

    return make


def _export(checkpoint: Checkpoint, example: Tensor) -> bytes:
    """Export the network alone, as the backend onnxruntime does."""
    from segnet_ros.export.exported_model import build_network_model

    model = build_network_model(checkpoint, (example.shape[2], example.shape[3]))
    return model.SerializeToString()
