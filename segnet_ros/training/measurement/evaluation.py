"""What is measured over a data set, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.boundary import BoundaryF1
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.metrics import ConfusionMatrix
from segnet_ros.core.predictor import Predictor
from segnet_ros.training.data.dataset import Samples
from segnet_ros.training.measurement.augmented_predictor import AugmentedPredictor
from segnet_ros.training.measurement.calibration import Calibration
from segnet_ros.training.measurement.calibration import UncertainPredictor
from segnet_ros.training.step.distributed import World
from tqdm import tqdm

AnyPredictor = Predictor | AugmentedPredictor | UncertainPredictor
METRICS = ('miou', 'global_accuracy', 'class_accuracy', 'bf')
"""Of those in :func:`summarize` the fractions of all classes together."""


@dataclass
class Evaluation:
    """What was measured over any number of images."""

    matrix: ConfusionMatrix
    boundary: BoundaryF1
    images: int = 0
    calibration: Calibration = field(default_factory=Calibration)
    """Empty where the predictor does not say how sure it is."""

    def update(self, label: NDArray[np.uint8], truth: NDArray[np.uint8]) -> None:
        """
        Add one image.

        :param label: predicted class ids, uint8 (H, W)
        :param truth: true class ids and 255, uint8 (H, W)
        """
        self.matrix.update(label, truth)
        self.boundary.update(label, truth)
        self.images += 1

    def add(self, other: Evaluation) -> None:
        """Add what was measured on other images."""
        self.matrix.counts += other.matrix.counts
        self.boundary.merge(other.boundary)
        self.images += other.images
        self.calibration.merge(other.calibration)


def evaluate(predictor: AnyPredictor, samples: Samples, world: World | None = None) -> Evaluation:
    """
    Predict every image and compare with its label image, at the label's size.

    :param predictor: its label set is the one of the samples
    :param samples: images with labels
    :param world: whose ranks share the images; all of them get the same result, exactly that of
        one process
    """
    world = world or World()
    part = start_evaluation(predictor.label_set)
    indices = world.share(len(samples))
    for index in tqdm(indices, 'evaluate', unit='image', leave=False, disable=not world.is_first):
        image, truth = samples[index]
        prediction = predictor.predict(image)
        label = prediction.label
        assert label is not None
        if prediction.uncertainty is not None:
            part.calibration.update(prediction, truth)
        part.update(label, truth)
    whole = start_evaluation(predictor.label_set)
    for other in world.gather(part):
        whole.add(other)
    return whole


def start_evaluation(label_set: LabelSet) -> Evaluation:
    """Begin to measure, without any image yet."""
    return Evaluation(ConfusionMatrix(label_set.num_classes), BoundaryF1())


def summarize(evaluation: Evaluation, label_set: LabelSet) -> dict[str, Any]:
    """
    Put the metrics into plain values, as ``--json`` writes them.

    :return: fractions; None where nothing was labeled, or a class does not occur
    """
    matrix = evaluation.matrix
    by_class = {'iou': matrix.iou, 'accuracy': matrix.accuracy, 'share': matrix.share}
    return {
        'images': evaluation.images,
        'miou': _make_plain(matrix.miou),
        'global_accuracy': _make_plain(matrix.global_accuracy),
        'class_accuracy': _make_plain(matrix.class_accuracy),
        'bf': _make_plain(evaluation.boundary.bf),
        **{
            key: dict(zip(label_set.names, map(_make_plain, values), strict=True))
            for key, values in by_class.items()
        },
        **(evaluation.calibration.summarize() if evaluation.calibration.confidence.any() else {}),
    }


def _make_plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def format_table(metrics: dict[str, Any]) -> str:
    """
    Put metrics into a table, in percent.

    :param metrics: as :func:`summarize` gives them
    """
    totals = {
        'mIoU': 'miou',
        'global accuracy': 'global_accuracy',
        'class accuracy': 'class_accuracy',
        'BF': 'bf',
    }
    if 'calibration_error' in metrics:
        totals |= {
            'calibration error': 'calibration_error',
            'uncertainty, wrong': 'uncertainty_of_wrong',
            'uncertainty, right': 'uncertainty_of_right',
        }
    width = max(map(len, [*metrics['iou'], *totals]))
    lines = [f'{"in %":<{width}}  {"IoU":>8}  {"accuracy":>8}  {"share":>8}']
    for name in metrics['iou']:
        cells = (format_fraction(metrics[key][name]) for key in ('iou', 'accuracy', 'share'))
        lines.append(f'{name:<{width}}  ' + '  '.join(f'{cell:>8}' for cell in cells))
    lines.append('')
    for name, key in totals.items():
        lines.append(f'{name:<{width}}  {format_fraction(metrics[key]):>8}')
    return '\n'.join(lines)


def format_fraction(fraction: float | None) -> str:
    """Write a fraction in percent."""
    return 'absent' if fraction is None else f'{100 * fraction:.2f}'
