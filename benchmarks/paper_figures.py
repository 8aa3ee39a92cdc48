"""
What the SegNet paper measured of the networks in its comparison.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation", TPAMI 2017 (arXiv 1511.00561v3), tables 1, 3 and 6.
"""

from __future__ import annotations

from typing import NamedTuple

from segnet_ros.core.registry import MODULES

MEASURES = ('global_accuracy', 'class_accuracy', 'miou', 'bf')
"""As segnet_evaluate names what the paper calls G, C, mIoU and BF."""
RELATIVES = tuple(name for name, module in MODULES.items() if module.endswith('.basic'))
"""SegNet-Basic and the variants of its decoder."""
OTHERS = tuple(name for name in MODULES if name not in RELATIVES)
"""The networks with the encoder of VGG16."""


class Accuracy(NamedTuple):
    """Percentages in the order of ``MEASURES``; BF was not measured on training images."""

    test: tuple[float, ...]
    train: tuple[float, ...] = ()


class BasicCosts(NamedTuple):
    """A row of table 1: 360x480 on an NVIDIA Titan with cuDNN v3, mean of 50 forward passes."""

    parameters: float
    """In millions, rounded coarsely."""
    storage: float | None
    """Maps of the first encoder stage that the decoder needs."""
    forward_ms: float


class Costs(NamedTuple):
    """A row of table 6: 360x480, means of 10 passes at batch 1; memory as nvidia-smi tells it."""

    forward_ms: float
    backward_ms: float
    training_mb: float
    """At batch 4."""
    inference_mb: float
    """At batch 1."""
    model_mb: float


BALANCED = {
    'bilinear-interpolation': Accuracy((77.9, 61.1, 43.3, 20.83), (89.1, 90.2, 82.7)),
    'segnet-basic': Accuracy((82.7, 62.0, 47.7, 35.78), (94.7, 96.2, 92.7)),
    'segnet-basic-encoder-addition': Accuracy((83.4, 63.6, 48.5, 35.92), (94.3, 95.8, 92.0)),
    'segnet-basic-single-channel-decoder': Accuracy((81.2, 60.7, 46.1, 31.62), (93.2, 94.8, 90.3)),
    'fcn-basic': Accuracy((81.7, 62.4, 47.3, 38.11), (92.8, 93.6, 88.1)),
    'fcn-basic-no-addition': Accuracy((80.5, 58.6, 44.1, 31.96), (92.5, 93.0, 87.2)),
    'fcn-basic-no-dim-reduction': Accuracy((84.1, 63.4, 50.1, 37.37), (95.1, 96.5, 93.2)),
    'fcn-basic-no-addition-no-dim-reduction': Accuracy(
        (80.5, 61.6, 45.9, 30.47), (92.5, 94.6, 89.9)
    ),
}
"""Table 1, with classes balanced by median frequency."""

NATURAL = {
    'bilinear-interpolation': Accuracy((82.7, 52.5, 43.8, 23.08), (93.5, 74.1, 59.9)),
    'segnet-basic': Accuracy((84.0, 54.6, 46.3, 36.67), (96.1, 83.9, 73.3)),
    'segnet-basic-encoder-addition': Accuracy((84.2, 56.5, 47.7, 36.27), (95.3, 80.9, 68.9)),
    'segnet-basic-single-channel-decoder': Accuracy((83.5, 53.9, 45.2, 32.45), (92.6, 68.4, 52.8)),
    'fcn-basic': Accuracy((83.9, 55.6, 45.0, 37.33), (92.0, 66.8, 50.7)),
    'fcn-basic-no-addition': Accuracy((82.3, 53.9, 44.2, 29.43), (93.1, 72.8, 57.6)),
    'fcn-basic-no-dim-reduction': Accuracy((83.5, 57.3, 47.0, 37.13), (97.2, 91.7, 84.8)),
    'fcn-basic-no-addition-no-dim-reduction': Accuracy(
        (83.7, 54.8, 45.5, 33.17), (95.0, 80.2, 67.8)
    ),
}
"""Table 1, with natural frequencies."""

LARGE = {
    'bayesian-segnet': Accuracy((90.40, 71.20, 60.10, 46.84)),
    'deeplab-largefov': Accuracy((88.20, 62.53, 53.88, 32.77)),
    'fcn-bilinear': Accuracy((83.27, 59.56, 49.83, 27.99)),
    'fcn': Accuracy((83.14, 64.21, 51.96, 33.18)),
    'deconvnet': Accuracy((89.58, 70.24, 59.77, 52.23)),
}
"""
Table 3, after the last iteration, without balancing; trained on 3433 images.

SegNet was trained there with dropout, as the others were (section 4), and none was left out in the
end: so it is the Bayesian SegNet without samples.
"""

BASIC_COSTS = {
    'bilinear-interpolation': BasicCosts(0.625, 0, 24.2),
    'segnet-basic': BasicCosts(1.425, 1, 52.6),
    'segnet-basic-encoder-addition': BasicCosts(1.425, 64, 53.0),
    'segnet-basic-single-channel-decoder': BasicCosts(0.625, 1, 33.1),
    'fcn-basic': BasicCosts(0.65, 11, 24.2),
    'fcn-basic-no-addition': BasicCosts(0.65, None, 23.8),
    'fcn-basic-no-dim-reduction': BasicCosts(1.625, 64, 44.8),
    'fcn-basic-no-addition-no-dim-reduction': BasicCosts(1.625, 0, 43.9),
}

COSTS = {
    'segnet': Costs(422.50, 488.71, 6803, 1052, 117),
    'deeplab-largefov': Costs(110.06, 160.73, 5618, 1993, 83),
    'fcn': Costs(317.09, 484.11, 9735, 1806, 539),
    'deconvnet': Costs(474.65, 602.15, 9731, 1872, 877),
}
