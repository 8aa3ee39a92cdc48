"""The audience that keeps the label images of a node for scoring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from segnet_ros.node.trial.audience import Audience
from segnet_ros.node.trial.errors import TrialError
from segnet_ros.node.trial.label_spool import LabelSpool


class NamedImage(NamedTuple):
    """An image of a data set."""

    name: str
    """For people, such as that of its file."""
    image: NDArray[np.uint8]
    """RGB, uint8 (H, W, 3)."""


class Awaited(NamedTuple):
    """What is known of a label image before it comes."""

    number: int
    """Of the image, from 0."""
    name: str
    size: tuple[int, int]
    """Height and width of the image."""


class LabelRecorder(Audience[Awaited]):
    """
    Keep label images; refuse those that cannot be compared with the truth.

    :ivar labels: by number of the image
    """

    def __init__(self, labels: LabelSpool, num_classes: int) -> None:
        """
        Join the ROS graph.

        :param labels: empty
        :param num_classes: how many classes the truth has
        """
        super().__init__('evaluation')
        self.labels = labels
        self._num_classes = num_classes

    @property
    def is_complete(self) -> bool:
        """Whether there is a label of as many images as the node has processed."""
        return len(self.labels) >= int(self.status['processed'])

    def take(self, label: NDArray[np.uint8], what: Awaited) -> None:
        """
        Keep a label image.

        :raises TrialError: if it cannot be compared with a truth of the size of the image
        """
        if label.shape != what.size:
            raise TrialError(
                f'{what.name}: expected a label image of its own size, {what.size}, got'
                f' {label.shape}; leave the parameter output_size of the node as it is'
            )
        if label.max() >= self._num_classes:
            raise TrialError(
                f'{what.name}: expected class ids 0 to {self._num_classes - 1} in its label image,'
                f' got {label.max()}; leave the parameters classes and min_confidence of the node,'
                ' which make pixels unlabeled, as they are'
            )
        self.labels.add(what.number, label)
