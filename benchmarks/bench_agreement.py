"""
How close the engine comes to fp32 layer by layer, in each precision, on labeled images.

Tells for each precision the mIoU beside that of fp32 layer by layer, how many pixels get the same
label, and how sure fp32 was where they do not: the gap between its two highest logits. On CUDA
fp32 is without TF32, and it is counted how often a captured graph gives the same bytes as the
engine without one. A precision that the device lacks can be emulated on the CPU.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import partial
import json
from pathlib import Path
from typing import Any

from machine import choose_arithmetic
from machine import describe_machine
import numpy as np
from numpy.typing import NDArray
from rounded_kernels import make_rounded_forward
from segnet_ros.commands.command import parse_positive
from segnet_ros.commands.command import parse_size
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.device import DTYPES
from segnet_ros.core.device import PRECISIONS
from segnet_ros.core.device import select_device
from segnet_ros.core.device import select_precision
from segnet_ros.core.engine import make_engine
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.engine.pipeline import Pipeline
from segnet_ros.core.engine.pipeline import Request
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.outputs import resize_logits
from segnet_ros.core.predictor import Prediction
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.data.dataset import LabeledImages
from segnet_ros.training.data.dataset import open_labeled_images
from segnet_ros.training.run.provenance import read_commit
import torch
from torch import Tensor
from tqdm import tqdm

RANDOM_IMAGES = 100
RANDOM_SIZE = (480, 640)
"""Height and width of random images: a camera's, so that resizing takes part."""
OUTPUTS = ('label', 'confidence', 'overlay')
"""What has to be the same bytes with a graph as without."""


Labeler = Callable[[Image], Prediction]
"""Labels an image."""


@dataclass
class Agreement:
    """What was found of a precision on the images so far."""

    fp32: ConfusionMatrix
    other: ConfusionMatrix
    images: int = 0
    pixels: int = 0
    gaps: list[NDArray[np.float32]] = field(default_factory=list)
    """Between the two highest logits of fp32, of the pixels that got another label."""

    def add(self, logits: Tensor, label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> None:
        """
        Add an image.

        :param logits: of fp32, (num_classes, H, W)
        :param label: by the other precision, uint8 (H, W)
        :param truth: class ids and 255, uint8 (H, W)
        """
        expected = logits.argmax(0).to(torch.uint8).cpu().numpy()
        highest, second = logits.topk(2, dim=0).values
        self.gaps.append((highest - second).cpu().numpy()[label != expected])
        self.fp32.update(expected, truth)
        self.other.update(label, truth)
        self.images += 1
        self.pixels += label.size

    def summarize(self, precision: str) -> dict[str, Any]:
        """Put it into figures; no percentiles of gaps where no label changed."""
        gaps = np.concatenate(self.gaps)
        points = {'gap_p50': 50, 'gap_p99': 99} if gaps.size else {}
        return {
            'precision': precision,
            'images': self.images,
            'miou_fp32': self.fp32.miou,
            'miou': self.other.miou,
            'equal_pixels': 1 - gaps.size / self.pixels,
            **{name: float(np.percentile(gaps, point)) for name, point in points.items()},
        }


def main() -> None:
    """Compare, print lines, write JSON."""
    options = make_parser().parse_args()
    device = select_device(options.device)
    checkpoint = load_checkpoint(options.checkpoint)
    images = open_labeled_images(options.data, [options.split], checkpoint.label_set)
    images = LabeledImages(images.pairs[: options.limit], checkpoint.label_set)
    size = options.input_size or checkpoint.input_size
    report: dict[str, Any] = describe_machine(device) | {'commit': read_commit()}
    report |= {'data': f'{options.data}, {options.split}', 'input_size': list(size)}
    print(', '.join(report[key] for key in ('device', 'system', 'torch', 'commit') if report[key]))
    labelers = list_labelers(checkpoint, device, size, options.precisions, options.emulate)
    report['results'] = compare(checkpoint, device, size, labelers, images)
    for row in report['results']:
        print_row(row)
    if device.type == 'cuda':
        report['captured_equal'] = count_equal_captured(checkpoint, device, size)
        print(f'captured as without a graph: {report["captured_equal"]} of {RANDOM_IMAGES} images')
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')


def make_parser() -> argparse.ArgumentParser:
    """Declare the options."""
    parser = argparse.ArgumentParser('bench_agreement', description=__doc__)
    add = parser.add_argument
    add('--data', type=Path, required=True, metavar='DIR')
    add('--split', default='val')
    add('--checkpoint', default='', metavar='FILE', help='weights (those of the package)')
    add('--precisions', nargs='+', choices=PRECISIONS, default=['auto'])
    add('--emulate', nargs='+', choices=('bf16', 'fp16'), default=[], help='on the CPU, too')
    add('--device', default='auto')
    add('--input-size', type=parse_size, metavar='HxW', help="network's input (checkpoint's)")
    add('--limit', type=parse_positive, metavar='N', help='the first N images alone')
    add('--json', type=Path, metavar='FILE')
    return parser


def list_labelers(
    checkpoint: Checkpoint,
    device: torch.device,
    input_size: tuple[int, int],
    precisions: Sequence[str],
    emulated: Sequence[str],
) -> dict[str, Labeler]:
    """List by name what labels images, on the device and emulated on the CPU."""
    labelers: dict[str, Labeler] = {}
    for precision in dict.fromkeys(select_precision(name, device) for name in precisions):
        predictor = Predictor(checkpoint, str(device), precision, input_size)
        labelers[precision] = partial(predictor.predict, outputs=('label',))
    for precision in emulated:
        labelers[f'{precision} emulated'] = emulate(checkpoint, DTYPES[precision], input_size)
    return labelers


def emulate(checkpoint: Checkpoint, dtype: torch.dtype, input_size: tuple[int, int]) -> Labeler:
    """Label images as if the network were computed in another type."""
    plain = make_engine(checkpoint, torch.device('cpu'), torch.float32, is_fused=False)
    assert isinstance(plain, Pipeline)
    pipeline = replace(plain, forward=make_rounded_forward(checkpoint, dtype))

    def label(image: Image) -> Prediction:
        with torch.inference_mode():
            return Prediction(**pipeline.segment([image], Request(input_size, ('label',)), 0.5)[0])

    return label


def compare(
    checkpoint: Checkpoint,
    device: torch.device,
    input_size: tuple[int, int],
    labelers: dict[str, Labeler],
    images: LabeledImages,
) -> list[dict[str, Any]]:
    """Segment all images layer by layer in fp32, and in all other ways."""
    fp32 = make_engine(checkpoint, device, torch.float32, is_fused=False, is_captured=False)
    num_classes = checkpoint.label_set.num_classes
    agreements = [
        Agreement(ConfusionMatrix(num_classes), ConfusionMatrix(num_classes)) for _ in labelers
    ]
    for number in tqdm(range(len(images)), 'compare', unit='image', leave=False):
        image, truth = images[number]
        with choose_arithmetic(is_tf32=False), torch.inference_mode():
            logits = resize_logits(fp32.compute_logits(image, input_size), image.shape[:2])[0]
        for label_image, agreement in zip(labelers.values(), agreements, strict=True):
            label = label_image(image).label
            assert label is not None
            agreement.add(logits, label, truth)
    return [
        agreement.summarize(name) for name, agreement in zip(labelers, agreements, strict=True)
    ]


@torch.inference_mode()
def count_equal_captured(
    checkpoint: Checkpoint, device: torch.device, input_size: tuple[int, int]
) -> int:
    """Count the random images whose outputs are the same bytes from a graph as without one."""
    predictor = Predictor(checkpoint, str(device), input_size=input_size)
    engine = make_engine(checkpoint, device, DTYPES[predictor.precision], is_captured=False)
    request = Request(input_size, OUTPUTS)
    rng = np.random.default_rng(0)
    count = 0
    for _ in range(RANDOM_IMAGES):
        image = rng.integers(0, 256, (*RANDOM_SIZE, 3), np.uint8)
        captured = predictor.predict(image, OUTPUTS, overlay_opacity=0.5)
        plain = engine.segment([image], request, 0.5)[0]
        count += all(np.array_equal(getattr(captured, name), plain[name]) for name in OUTPUTS)
    return count


def print_row(row: dict[str, Any]) -> None:
    """Print what was found of a precision."""
    gaps = 'no label changed'
    if 'gap_p50' in row:
        gaps = f'gap where labels differ p50 {row["gap_p50"]:.3f}, p99 {row["gap_p99"]:.3f}'
    print(
        f'{row["precision"]}: mIoU {100 * row["miou"]:.3f}, fp32 {100 * row["miou_fp32"]:.3f};'
        f' same label {100 * row["equal_pixels"]:.5f} % of pixels; {gaps}; {row["images"]} images'
    )


if __name__ == '__main__':
    main()
