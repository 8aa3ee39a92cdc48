"""The file that ``segnet_pretrain`` writes: an encoder, its normalization and its provenance."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.weight_files import check_weights
from segnet_ros.core.weight_files import read_weights
from segnet_ros.core.weight_files import save_weights
from segnet_ros.core.weight_files import WeightsError
import torch
from torch import Tensor

FORMAT_VERSION = 1
METADATA_KEY = 'segnet_ros_encoder'


@dataclass(frozen=True)
class EncoderFile:
    """A pretrained encoder and what belongs to it."""

    config: EncoderConfig
    """Of it, the widths and depths count."""
    weights: dict[str, Tensor]
    """By name within ``SegNet.encoder``, batch normalization's statistics included."""
    normalization: Normalization
    provenance: dict[str, Any]
    """How the weights came about: classes, recipe, epochs, accuracy, commit, torch."""


def save_encoder(path: Path, encoder: EncoderFile) -> None:
    """
    Write an encoder; a file already there is replaced in one step, or left as it was.

    :param path: conventionally ``encoder.safetensors``
    :raises OSError: if it cannot be written
    """
    metadata = {
        'format_version': FORMAT_VERSION,
        'network': 'segnet encoder',
        'widths': list(encoder.config.widths),
        'depths': list(encoder.config.depths),
        'normalization': asdict(encoder.normalization),
        'provenance': encoder.provenance,
    }
    save_weights(path, encoder.weights, METADATA_KEY, metadata)


def load_encoder(path: Path) -> EncoderFile:
    """
    Read an encoder; nothing in the file is executed.

    :raises WeightsError: if it is not a file of :func:`save_encoder`, or of another version
    """
    try:
        weights, metadata = read_weights(path, METADATA_KEY)
        encoder = _parse(metadata, weights)
        with torch.device('meta'):
            expected = make_encoder(encoder.config).state_dict()
        check_weights(expected, weights)
    except WeightsError as error:
        raise WeightsError(
            f'{path}: {error}; use a file that this version of segnet_pretrain wrote'
        ) from error
    return encoder


def _parse(metadata: str, weights: dict[str, Tensor]) -> EncoderFile:
    try:
        values = json.loads(metadata)
        if values['format_version'] != FORMAT_VERSION:
            raise WeightsError(
                f'expected format {FORMAT_VERSION} of an encoder, found format'
                f' {values["format_version"]}'
            )
        if not isinstance(values['provenance'], dict):
            raise WeightsError(f'expected provenance by name, found {values["provenance"]!r}')
        normalization = {key: tuple(value) for key, value in values['normalization'].items()}
        return EncoderFile(
            config=EncoderConfig(widths=tuple(values['widths']), depths=tuple(values['depths'])),
            weights=weights,
            normalization=Normalization(**normalization),
            provenance=values['provenance'],
        )
    except WeightsError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            'expected the metadata of an encoder, could not read it'
            f' ({type(error).__name__}: {error})'
        ) from error
