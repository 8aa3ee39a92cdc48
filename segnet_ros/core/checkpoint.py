"""
The checkpoint: one safetensors file with weights, label set, normalization and provenance.

Convolution weights are stored as fp16, the rest as fp32; all else is JSON in the metadata.
Loading a checkpoint can execute nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
import json
from pathlib import Path
from typing import Any

from segnet_ros.core.checkpoint_file import find_checkpoint
from segnet_ros.core.checkpoint_file import METADATA_KEY
from segnet_ros.core.encoder import MIN_SIZE
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.network import make_shapes
from segnet_ros.core.network import Network
from segnet_ros.core.network import NetworkConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.registry import make_config
from segnet_ros.core.weight_files import check_weights
from segnet_ros.core.weight_files import read_weights
from segnet_ros.core.weight_files import save_weights
from segnet_ros.core.weight_files import WeightsError
from torch import Tensor

FORMAT_VERSION = 1
UNREADABLE = (
    *(KeyError, TypeError, ValueError, AttributeError),
    OverflowError,  # an infinite size is JSON to Python
    RecursionError,  # and so are lists in lists without end
)
"""What reading metadata that is not a checkpoint's may end in."""


class CheckpointError(WeightsError):
    """Raised when a file is not a checkpoint that this version can use."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained network and all that is needed to use it."""

    config: NetworkConfig
    label_set: LabelSet
    input_size: tuple[int, int]
    """Height and width that images are resized to for the network."""
    weights: dict[str, Tensor]
    """The network's state by name."""
    normalization: Normalization = field(default_factory=Normalization)
    provenance: dict[str, Any] = field(default_factory=dict)
    """How the weights came about: data, recipe, epochs, metrics, commit, torch; JSON values."""
    network: str = 'segnet'
    """Name in :mod:`segnet_ros.core.registry`."""

    def __post_init__(self) -> None:
        if self.label_set.num_classes != self.config.num_classes:
            raise CheckpointError(
                f'expected a label set with the {self.config.num_classes} classes of the network,'
                f" found '{self.label_set.name}' with {self.label_set.num_classes}"
            )
        if min(self.input_size) < MIN_SIZE:
            raise CheckpointError(
                f'expected an input size of at least {MIN_SIZE} x {MIN_SIZE}, found'
                f' {self.input_size[0]} x {self.input_size[1]}'
            )
        if not isinstance(self.provenance, dict):
            raise CheckpointError(f'expected provenance by name, found {self.provenance!r}')

    @property
    def num_parameters(self) -> int:
        """Number of parameters that are trained; statistics of batch normalization are none."""
        return sum(parameter.numel() for parameter in make_shapes(self.config).parameters())

    def build_network(self) -> Network:
        """
        Build the network with these weights, in evaluation mode, on the CPU in fp32.

        :raises CheckpointError: if weights are missing, left over or of another shape
        """
        network = make_shapes(self.config)
        try:
            check_weights(network.state_dict(), self.weights)
        except WeightsError as error:
            raise CheckpointError(str(error)) from error
        network = network.to_empty(device='cpu')
        network.load_state_dict(self.weights)
        return network.eval()


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """
    Write a checkpoint; a file already there is replaced in one step, or left as it was.

    :param path: conventionally with the suffix ``.safetensors``
    :param checkpoint: its weights may be on any device
    :raises OSError: if it cannot be written
    """
    save_weights(path, checkpoint.weights, METADATA_KEY, describe_checkpoint(checkpoint))


def describe_checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    """Put all but the weights into JSON values, which :func:`parse_checkpoint` reads."""
    return {
        'format_version': FORMAT_VERSION,
        'network': checkpoint.network,
        'config': asdict(checkpoint.config),
        'label_set': checkpoint.label_set.to_dict(),
        'input_size': list(checkpoint.input_size),
        'normalization': asdict(checkpoint.normalization),
        'provenance': checkpoint.provenance,
    }


def load_checkpoint(path: str | Path = '') -> Checkpoint:
    """
    Read a checkpoint.

    :param path: the file; empty for the one that comes with the package
    :raises FileNotFoundError: if there is no such file
    :raises CheckpointError: if it is not a checkpoint, or one that this version cannot use
    """
    path = find_checkpoint(path)
    try:
        weights, metadata = read_weights(path, METADATA_KEY)
        checkpoint = parse_checkpoint(metadata, weights)
        check_weights(make_shapes(checkpoint.config).state_dict(), weights)
    except WeightsError as error:
        raise CheckpointError(
            f'{path}: {error}; use a checkpoint that this version of segnet_train wrote'
        ) from error
    return checkpoint


def parse_checkpoint(metadata: str, weights: dict[str, Tensor]) -> Checkpoint:
    """
    Make a checkpoint of its weights and of what :func:`describe_checkpoint` says.

    :param metadata: JSON
    :param weights: by name; not compared with the network
    :raises CheckpointError: if this version cannot use it
    """
    try:
        values = json.loads(metadata)
        if values['format_version'] != FORMAT_VERSION:
            raise CheckpointError(
                f'expected format {FORMAT_VERSION}, found format {values["format_version"]}'
            )
        height, width = values['input_size']
        normalization = {key: tuple(value) for key, value in values['normalization'].items()}
        return Checkpoint(
            config=make_config(values['network'], values['config']),
            label_set=LabelSet.from_dict(values['label_set'], 'its label set'),
            input_size=(int(height), int(width)),
            weights=weights,
            normalization=Normalization(**normalization),
            provenance=values['provenance'],
            network=values['network'],
        )
    except CheckpointError:
        raise
    except UNREADABLE as error:
        raise CheckpointError(
            'expected the metadata of a SegNet checkpoint, could not read it'
            f' ({type(error).__name__}: {error})'
        ) from error
