"""Predictor: an RGB array in, label image, confidence, colors and overlay out."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.batch_search import find_batch
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.device import describe_hardware
from segnet_ros.core.device import measure_memory
from segnet_ros.core.encoder import MIN_SIZE
from segnet_ros.core.engine.backend import find_backend
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.engine.pipeline import Request
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.outputs import resize_logits
from segnet_ros.core.outputs import USUAL_OUTPUTS
from segnet_ros.core.selection import ALL
from segnet_ros.core.selection import Selection
import torch
from torch import Tensor


@dataclass(frozen=True)
class Prediction:
    """What was asked for, at the size asked for; None for what was not."""

    label: NDArray[np.uint8] | None = None
    """Class ids, uint8 (H, W)."""
    confidence: NDArray[np.uint8] | None = None
    """Highest softmax of each pixel, times 255 and rounded, uint8 (H, W)."""
    color: NDArray[np.uint8] | None = None
    """RGB of the palette, uint8 (H, W, 3)."""
    overlay: NDArray[np.uint8] | None = None
    """RGB, colors blended with the image, uint8 (H, W, 3)."""
    uncertainty: NDArray[np.uint8] | None = None
    """Entropy of each pixel's softmax, 255 where all classes are equally likely, uint8 (H, W)."""


class Predictor:
    """
    A network ready to segment images, with its device, precision and geometry.

    Not for use from several threads at once. The thread that computes should be the one that
    constructs it, because CUDA keeps state per thread.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str = 'auto',
        precision: str = 'auto',
        input_size: tuple[int, int] | None = None,
        backend: str = 'torch',
    ) -> None:
        """
        Move a checkpoint's network to where it will compute.

        :param checkpoint: network, label set and normalization, as the backend reads them
        :param device: ``auto`` (CUDA if there is one), ``cpu``, ``cuda`` or ``cuda:N``
        :param precision: ``fp32``, ``fp16`` (CUDA), ``bf16`` or ``auto``: fp16 on CUDA, bf16 on a
            CPU that computes with it, else fp32
        :param input_size: height and width for the network; None for the checkpoint's
        :param backend: who computes the network, ``torch`` or ``onnxruntime``
        :raises DeviceError: if device or precision cannot be had
        :raises ValueError: if the input size is below 32 x 32, or the backend cannot compute this
        """
        found = find_backend(backend)
        self.backend = backend
        self.device = found.select_device(device)
        self.precision = found.select_precision(precision, self.device, checkpoint)
        self.input_size = input_size or checkpoint.input_size
        _check_input_size(self.input_size)
        self.label_set = checkpoint.label_set
        self.provenance = checkpoint.provenance
        self.can_be_sampled = found.can_be_sampled(checkpoint)
        self.num_parameters = checkpoint.num_parameters
        self.hardware_id = describe_hardware(self.device)
        self._engine = found.make_engine(checkpoint, self.device, self.precision, self.input_size)

    @classmethod
    def from_checkpoint(
        cls,
        path: str | Path = '',
        device: str = 'auto',
        precision: str = 'auto',
        input_size: tuple[int, int] | None = None,
        cpu_threads: int = 0,
        backend: str = 'torch',
    ) -> Predictor:
        """
        Load a checkpoint; the other parameters are those of the constructor.

        :param path: checkpoint file, or an ONNX file for ``onnxruntime``; empty for the checkpoint
            that comes with the package
        :param cpu_threads: threads in this whole process; 0 for all cores when computing on the
            CPU, 1 beside CUDA
        :raises FileNotFoundError: if there is no such file
        :raises CheckpointError: if it is not a checkpoint that this version can use
        """
        found = find_backend(backend)
        selected = found.select_device(device)  # before the file, which takes longer
        if cpu_threads or selected.type == 'cuda':
            torch.set_num_threads(cpu_threads or 1)
        checkpoint = found.load_checkpoint(path)
        return cls(checkpoint, str(selected), precision, input_size, backend)

    @property
    def device_ms(self) -> float | None:
        """How long the GPU took for the last images, in ms; None for a CPU."""
        return self._engine.device_ms

    def measure_memory(self) -> dict[str, int]:
        """Measure the memory of the GPU, as :func:`segnet_ros.core.device.measure_memory` does."""
        return measure_memory(self.device)

    def warm_up(self) -> None:
        """Segment a black image, so that the first real one does not wait for set-up."""
        height, width = self.input_size  # another size, because cameras are resized, too
        self.predict(np.zeros((2 * height, 2 * width, 3), np.uint8), USUAL_OUTPUTS)

    def find_batch(self, most: int) -> int:
        """
        Find how many images to segment at once: as many as make each cheaper by a fifth.

        :param most: images to try, as far as memory goes
        :return: a power of two; 1 on a CPU, which one image keeps busy
        """
        if self.device.type != 'cuda':
            return 1
        image = np.zeros((*self.input_size, 3), np.uint8)
        return find_batch(lambda n: self.predict_batch([image] * n, USUAL_OUTPUTS), most)

    def predict(
        self,
        image: Image,
        outputs: Sequence[str] = ('label',),
        overlay_opacity: float = 0.5,
        output_size: tuple[int, int] | None = None,
        selection: Selection = ALL,
        mc_samples: int = 0,
    ) -> Prediction:
        """
        Segment one image.

        :param image: RGB, uint8 (H, W, 3), any size
        :param outputs: which of :data:`OUTPUTS` to compute
        :param overlay_opacity: share of the color in the overlay, 0 to 1
        :param output_size: height and width of the outputs; None for those of the image
        :param selection: which pixels keep their label
        :param mc_samples: how many samples of the network's dropout to average; 0 to leave none
            of its features out
        :return: the outputs
        :raises ValueError: if an argument is not as above, or a network without dropout is to be
            sampled
        """
        return self.predict_batch(
            [image], outputs, overlay_opacity, output_size, selection, mc_samples
        )[0]

    def predict_batch(
        self,
        images: Sequence[Image],
        outputs: Sequence[str] = ('label',),
        overlay_opacity: float = 0.5,
        output_size: tuple[int, int] | None = None,
        selection: Selection = ALL,
        mc_samples: int = 0,
    ) -> list[Prediction]:
        """
        Segment several images, that may differ in size, in one forward pass.

        :param images: RGB, uint8 (H, W, 3) each
        :param outputs: which of :data:`OUTPUTS` to compute
        :param overlay_opacity: share of the color in the overlay, 0 to 1
        :param output_size: height and width of the outputs; None for those of each image
        :param selection: which pixels keep their label
        :param mc_samples: as in :meth:`predict`
        :return: a prediction per image
        :raises ValueError: as :meth:`predict` does
        """
        _check_arguments(outputs, overlay_opacity, mc_samples)
        if not images:
            return []
        for image in images:
            _check_image(image)
        if mc_samples and not self.can_be_sampled:
            raise ValueError(
                f'expected a network that can be sampled for {mc_samples} samples, found another;'
                ' train one, such as segnet_train --model bayesian-segnet, and use PyTorch'
            )
        request = Request(self.input_size, tuple(outputs), output_size, selection, mc_samples)
        with self._computing():
            computed = self._engine.segment(images, request, overlay_opacity)
        return [Prediction(**one) for one in computed]

    def compute_logits(self, image: Image, input_size: tuple[int, int] | None = None) -> Tensor:
        """
        Compute what a label image is the highest of, for those who want more than the labels.

        :param image: RGB, uint8 (H, W, 3)
        :param input_size: height and width for the network; None for the predictor's own
        :return: logits, float32 (num_classes, H, W), on the predictor's device
        :raises ValueError: if the image is not as above, or the input size is below 32 x 32
        """
        _check_image(image)
        size = input_size or self.input_size
        _check_input_size(size)
        with self._computing():
            logits = self._engine.compute_logits(image, size)
            return resize_logits(logits, image.shape[:2])[0]

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Keep no gradients, and use this one of several GPUs."""
        is_cuda = self.device.type == 'cuda'
        with torch.inference_mode(), torch.cuda.device(self.device) if is_cuda else nullcontext():
            yield


def _check_input_size(size: tuple[int, int]) -> None:
    if min(size) < MIN_SIZE:
        raise ValueError(
            f'expected an input size of at least {MIN_SIZE} x {MIN_SIZE}, got'
            f' {size[0]} x {size[1]}; enlarge it'
        )


def _check_image(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(
            'expected a non-empty RGB image, uint8 (H, W, 3), got'
            f' {image.dtype} {image.shape}; convert it first'
        )


def _check_arguments(outputs: Sequence[str], overlay_opacity: float, mc_samples: int) -> None:
    if mc_samples < 0:
        raise ValueError(f'expected mc_samples from 0 up, got {mc_samples}')
    if not 0 <= overlay_opacity <= 1:
        raise ValueError(f'expected an overlay opacity from 0 to 1, got {overlay_opacity}')
    unknown = [name for name in outputs if name not in OUTPUTS]
    if unknown or not outputs:
        raise ValueError(f'expected outputs out of {OUTPUTS}, got {tuple(outputs)}')
