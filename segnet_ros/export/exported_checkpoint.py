"""An ONNX file that ``segnet_export`` wrote, read again."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from pathlib import Path

from google.protobuf.message import DecodeError
import onnx
from onnx import ModelProto
from onnx import TensorProto
from onnx.utils import Extractor
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import CheckpointError
from segnet_ros.core.checkpoint import parse_checkpoint
from segnet_ros.core.checkpoint_file import find_checkpoint
from segnet_ros.core.checkpoint_file import METADATA_KEY
from segnet_ros.export.image_graph import INPUT
from segnet_ros.export.network_graph import LOGITS

PRECISIONS = {TensorProto.FLOAT: 'fp32', TensorProto.FLOAT16: 'fp16'}
REMEDY = 'use a file that segnet_export wrote'


@dataclass(frozen=True)
class ExportedCheckpoint(Checkpoint):
    """What such a file says of itself, and its network; it has no weights by name."""

    model: ModelProto = field(kw_only=True)
    """From normalized images, (N, 3, *input_size), to logits, (N, num_classes, *input_size)."""
    precision: str = field(kw_only=True)
    """``fp32`` or ``fp16``: what the network computes in, and its input and logits are."""


def load_exported(path: str | Path) -> ExportedCheckpoint:
    """
    Read a file.

    :param path: the file, with the suffix ``.onnx``
    :raises FileNotFoundError: if there is no such file
    :raises CheckpointError: if it is not one that ``segnet_export`` wrote
    """
    path = find_checkpoint(path)
    try:
        model = onnx.load(path)
    except (DecodeError, OSError) as error:
        raise CheckpointError(
            f'{path}: expected an ONNX file, could not read it ({error}); {REMEDY}'
        ) from error
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    try:
        checkpoint = parse_checkpoint(metadata.get(METADATA_KEY, ''), {})
    except CheckpointError as error:
        raise CheckpointError(f'{path}: {error}; {REMEDY}') from error
    own = {entry.name: getattr(checkpoint, entry.name) for entry in fields(Checkpoint)}
    network = _take_network(model, path)
    precision = PRECISIONS.get(network.graph.input[0].type.tensor_type.elem_type)
    if precision is None:
        raise CheckpointError(
            f'{path}: expected a network of fp32 or fp16, found another; {REMEDY}'
        )
    return ExportedCheckpoint(**own, model=network, precision=precision)


def _take_network(model: ModelProto, path: Path) -> ModelProto:
    """Take what lies between normalized images and logits, which any camera can use."""
    names = {name for node in model.graph.node for name in node.output}
    if not {INPUT, LOGITS} <= names:
        raise CheckpointError(
            f"{path}: expected a graph with '{INPUT}' and '{LOGITS}', found none; {REMEDY}"
        )
    return Extractor(model).extract_model([INPUT], [LOGITS])
