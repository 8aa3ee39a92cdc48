"""Run the node on images, one by one or as a camera does, and keep the labels it publishes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from segnet_ros.node.source.pace import Pace
from segnet_ros.node.trial.camera import TrialCamera
from segnet_ros.node.trial.drop_free import publish_one_by_one
from segnet_ros.node.trial.errors import TrialError
from segnet_ros.node.trial.label_recorder import LabelRecorder
from segnet_ros.node.trial.label_recorder import NamedImage
from segnet_ros.node.trial.label_spool import LabelSpool
from segnet_ros.node.trial.observation import Observation
from segnet_ros.node.trial.processes import start
from segnet_ros.node.trial.processes import StopRequest
from segnet_ros.node.trial.real_time import publish_at_rate
from segnet_ros.node.trial.tally import read_tally
from segnet_ros.node.trial.tally import Tally


@dataclass(frozen=True)
class Network:
    """What the node has to run, so that its labels can be compared with the truth."""

    num_classes: int
    sha256: str
    """Of the checkpoint file."""


@dataclass(frozen=True)
class Outcome:
    """What a trial has shown, beside the labels."""

    tally: Tally
    pace: Pace | None
    """How fast images were published; None where each was once the label before had come."""
    rate: float
    """Label images per second; nan with less than two."""
    ages_ms: list[float]
    """From the stamp of an image to the arrival of its label."""
    network: dict[str, str]
    """What the node's diagnostics say of it."""


@dataclass(frozen=True)
class NodeTrial:
    """How the node is run, and how images come to it."""

    network: Network
    arguments: list[str]
    """Of the node, for ROS."""
    rate: float | None
    """Images per second; None to wait for each label."""
    timeout_s: float
    """How long a label may take."""

    def run(
        self, images: Iterable[NamedImage], labels: LabelSpool, log: IO[str], stop: StopRequest
    ) -> Outcome:
        """
        Start the node, publish the images, keep its labels, end it.

        :param images: each is published once
        :param labels: empty; gets the labels by number of the image, from 0
        :param log: a file with a name, for what the node writes
        :param stop: looked at all the time
        :raises TrialError: if the node cannot start, ends, or does not do what it should
        :raises StoppedError: after a signal
        """
        with (
            LabelRecorder(labels, self.network.num_classes) as recorder,
            start('segnet_ros.node.segnet_node', self.arguments, log) as node,
        ):
            silence_s = self.timeout_s + (1 / self.rate if self.rate else 0.0)
            observation = Observation(
                recorder,
                {'segnet_node': node},
                Path(log.name),
                stop,
                remedy='if it is only slow, allow more by --timeout',
                silence_s=silence_s,
            )
            camera = TrialCamera(recorder, observation)
            camera.wait_until_heard()
            self._check_network(recorder.network)
            pace = None
            if self.rate:
                pace = publish_at_rate(images, camera, self.rate)
            else:
                publish_one_by_one(images, camera, self.timeout_s)
        return Outcome(
            tally=read_tally(recorder.status, camera.published, len(labels)),
            pace=pace,
            rate=recorder.rate,
            ages_ms=recorder.ages_ms,
            network=recorder.network,
        )

    def _check_network(self, found: dict[str, str]) -> None:
        if found['sha256'] != self.network.sha256:
            raise TrialError(
                'expected segnet_node to run the checkpoint that the evaluation is of, found'
                f" another one, '{found['checkpoint']}'; name it by --checkpoint alone"
            )
