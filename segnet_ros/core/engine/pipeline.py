"""From images to outputs on the device: resize, normalize, the network, labels and colors."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.engine.cudnn import keep_fp32
from segnet_ros.core.engine.fused_network import Forward
from segnet_ros.core.monte_carlo import compute_log_mean
from segnet_ros.core.monte_carlo import sample_logits
from segnet_ros.core.network import SampledNetwork
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.outputs import compute_outputs
from segnet_ros.core.selection import ALL
from segnet_ros.core.selection import Selection
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

Image = NDArray[np.uint8]
"""RGB, (H, W, 3)."""
Outputs = dict[str, Image]
"""Of one image, by name."""


@dataclass(frozen=True)
class Request:
    """What is wanted of some images."""

    input_size: tuple[int, int]
    """Height and width for the network."""
    outputs: tuple[str, ...]
    """Which of :data:`segnet_ros.core.outputs.OUTPUTS`."""
    output_size: tuple[int, int] | None = None
    """Height and width of these; None for those of the image."""
    selection: Selection = ALL
    """Which pixels keep their label."""
    mc_samples: int = 0
    """Samples of the network's dropout to average; 0 to leave nothing out."""


@dataclass(frozen=True)
class Pipeline:
    """All that is computed between images and their outputs, on any device."""

    forward: Forward
    """The network."""
    dtype: torch.dtype
    """What it computes in."""
    normalization: Normalization
    palette: Tensor
    """RGB by class id, uint8 (256, 3), on the device of the network."""
    finish: Callable[..., dict[str, Tensor]] = compute_outputs
    """:func:`segnet_ros.core.outputs.compute_outputs`, or a kernel that does the same."""
    network: SampledNetwork | None = None
    """The network with its dropout, where it has any; of the same weights as ``forward``."""

    @property
    def device_ms(self) -> float | None:
        """None: only a graph measures how long the device takes."""
        return None

    def segment(self, images: Sequence[Image], request: Request, opacity: float) -> list[Outputs]:
        """
        Segment images, that may differ in size, in one forward pass.

        :param images: RGB, uint8 (H, W, 3) each
        :param opacity: share of the color in the overlay
        """
        tensors = [self._upload(image) for image in images]
        share = torch.tensor(opacity, dtype=torch.float32, device=self.palette.device)
        computed = self.compute(tensors, request, share)
        return [{name: x.cpu().numpy() for name, x in one.items()} for one in computed]

    def compute_logits(self, image: Image, input_size: tuple[int, int]) -> Tensor:
        """
        Compute what a label is the highest of.

        :return: (1, num_classes, *input_size), on the device
        """
        return self.forward(self._prepare(self._upload(image), input_size))

    def compute(
        self, images: Sequence[Tensor], request: Request, opacity: Tensor
    ) -> list[dict[str, Tensor]]:
        """
        Do all that happens on the device.

        :param images: RGB, uint8 (H, W, 3) each, on the device
        :param opacity: share of the color in the overlay, float32 scalar, there too
        """
        prepared = [self._prepare(image, request.input_size) for image in images]
        x = torch.cat(prepared) if len(prepared) > 1 else prepared[0]
        logits = self._sample(x, request.mc_samples) if request.mc_samples else self.forward(x)
        # Averages are in fp32, for which there is no kernel.
        finish = compute_outputs if request.mc_samples else self.finish
        return [
            finish(
                part,
                _resize(image, request.output_size),
                self.palette,
                request.outputs,
                opacity,
                request.selection,
            )
            for part, image in zip(logits.split(1), images, strict=True)
        ]

    def _sample(self, x: Tensor, samples: int) -> Tensor:
        """Average samples of the softmax, and give them the form of logits."""
        if self.network is None:
            raise ValueError('expected a network that can be sampled, found another')
        with keep_fp32() if self.dtype == torch.float32 else nullcontext():
            return compute_log_mean(sample_logits(self.network, x, samples))

    def _upload(self, image: Image) -> Tensor:
        """Put an image on the device as it is."""
        # PyTorch takes neither read-only memory nor negative strides without a copy.
        readable = np.require(image, requirements=('C', 'W'))
        return torch.from_numpy(readable).to(self.palette.device)

    def _prepare(self, image: Tensor, input_size: tuple[int, int]) -> Tensor:
        """Resize and normalize, to (1, 3, *input_size) in the network's precision."""
        if image.shape[:2] == input_size:
            x = image.permute(2, 0, 1).unsqueeze(0)
        else:
            x = interpolate_image(image, input_size)
        x = self.normalization.normalize(x)
        return x.to(self.dtype, memory_format=torch.channels_last)


def _resize(image: Tensor, size: tuple[int, int] | None) -> Tensor:
    """Resize an image, uint8 (H, W, 3); None leaves it as it is."""
    if size is None or image.shape[:2] == size:
        return image
    x = interpolate_image(image, size)[0].round_().to(torch.uint8)
    return x.permute(1, 2, 0).contiguous()


def interpolate_image(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Turn an image, (H, W, C), into float32 (1, C, *size), values as they were."""
    x = image.permute(2, 0, 1).unsqueeze(0).float()
    return F.interpolate(x, size, mode='bilinear', antialias=True)
