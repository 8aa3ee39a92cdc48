"""Compare the label images that a node has published with the truth."""

from __future__ import annotations

from collections.abc import Callable

from segnet_ros.core.labels import LabelSet
from segnet_ros.node.trial.label_spool import LabelSpool
from segnet_ros.training.data.dataset import Samples
from segnet_ros.training.measurement.evaluation import Evaluation
from segnet_ros.training.measurement.evaluation import start_evaluation
from tqdm import tqdm


def score_labels(
    labels: LabelSpool, samples: Samples, label_set: LabelSet, check: Callable[[], None]
) -> Evaluation:
    """
    Measure what ``segnet_evaluate`` measures, over the images that have a label.

    :param labels: by number of the sample
    :param check: called before each image; may raise to give up
    """
    evaluation = start_evaluation(label_set)
    for number in tqdm(labels.numbers, 'score', unit='image', leave=False):
        check()
        evaluation.update(labels.read(number), samples[number].label)
    return evaluation
