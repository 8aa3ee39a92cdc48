"""The pipeline on CUDA, captured in a graph: one launch per call, from upload to download."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from segnet_ros.core.engine.cudnn import try_algorithms
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.engine.pipeline import Outputs
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.core.engine.pipeline import Request
import torch
from torch import Tensor

WARM_UP = 3
"""Calls before a capture, in which the libraries choose their kernels."""
KEPT = 16
"""Graphs that are kept: sizes of cameras, times sets of outputs."""


class GraphPipeline:
    """
    A pipeline that is captured once for each set of image sizes and outputs, and replayed.

    A replay starts hundreds of kernels by one call; from Python they would take longer to start
    than to run.

    :ivar device_ms: how long the GPU took for the last images, in ms; None before
    """

    def __init__(self, pipeline: Pipeline) -> None:
        """
        Capture nothing yet.

        :param pipeline: on a CUDA device
        """
        self.device_ms: float | None = None
        self._pipeline = pipeline
        self._graphs: OrderedDict[object, _Graph] = OrderedDict()
        # One for all, because no two graphs run at once, and each copies out what it computed.
        self._memory = torch.cuda.graph_pool_handle()

    def segment(self, images: Sequence[Image], request: Request, opacity: float) -> list[Outputs]:
        """Segment images as :meth:`Pipeline.segment` does."""
        sizes = tuple(image.shape[:2] for image in images)
        key = (sizes, request)
        if key not in self._graphs:
            self._graphs[key] = _Graph(self._pipeline, sizes, request, self._memory)
            if len(self._graphs) > KEPT:
                self._graphs.popitem(last=False)
        self._graphs.move_to_end(key)
        outputs, self.device_ms = self._graphs[key].replay(images, opacity)
        return outputs

    def compute_logits(self, image: Image, input_size: tuple[int, int]) -> Tensor:
        """Compute logits as :meth:`Pipeline.compute_logits` does."""
        return self._pipeline.compute_logits(image, input_size)


class _Graph:
    """One captured call, with the memory that it reads and writes."""

    def __init__(
        self,
        pipeline: Pipeline,
        sizes: Sequence[tuple[int, int]],
        request: Request,
        memory: Any,  # PyTorch names no public type for it
    ) -> None:
        self._pipeline = pipeline
        self._request = request
        self._images = [_pin((*size, 3), torch.uint8) for size in sizes]
        self._opacity = _pin((), torch.float32)
        self._begun, self._done = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        stream = torch.cuda.Stream(pipeline.palette.device)
        stream.wait_stream(torch.cuda.current_stream())
        # Else samples of dropout would be others after the same seed, once there is a graph.
        keep_seed = torch.random.fork_rng([pipeline.palette.device], bool(request.mc_samples))
        with keep_seed, torch.cuda.stream(stream), try_algorithms():
            for _ in range(WARM_UP):
                computed = self._compute()
        stream.synchronize()
        self._shapes = [{name: x.shape for name, x in one.items()} for one in computed]
        self._graph = torch.cuda.CUDAGraph()
        # Of this thread alone: another may compute while the network that will replace its own is
        # captured.
        capture = torch.cuda.graph(self._graph, pool=memory, capture_error_mode='thread_local')
        with capture, try_algorithms():
            self._bytes = torch.cat([x.flatten() for one in self._compute() for x in one.values()])

    def replay(self, images: Sequence[Image], opacity: float) -> tuple[list[Outputs], float]:
        for pinned, image in zip(self._images, images, strict=True):
            pinned.numpy()[:] = image
        self._opacity.fill_(opacity)
        self._begun.record()
        self._graph.replay()
        # Into memory of the caller's own, which PyTorch takes back when nobody looks at it.
        downloaded = _pin(self._bytes.shape, torch.uint8)
        downloaded.copy_(self._bytes, non_blocking=True)
        self._done.record()
        torch.cuda.current_stream().synchronize()
        parts = iter(
            downloaded.split([shape.numel() for one in self._shapes for shape in one.values()])
        )
        outputs = [
            {name: next(parts).view(shape).numpy() for name, shape in one.items()}
            for one in self._shapes
        ]
        return outputs, self._begun.elapsed_time(self._done)

    def _compute(self) -> list[dict[str, Tensor]]:
        device = self._pipeline.palette.device
        images = [image.to(device, non_blocking=True) for image in self._images]
        opacity = self._opacity.to(device, non_blocking=True)
        return self._pipeline.compute(images, self._request, opacity)


def _pin(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Allocate memory of the host that the GPU reads and writes by itself."""
    return torch.empty(shape, dtype=dtype, pin_memory=True)
