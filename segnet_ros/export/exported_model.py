"""A checkpoint as an ONNX model: the network alone, or all from bytes to label images."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
import json
from typing import Any

import numpy as np
from onnx import helper
from onnx import ModelProto
from onnx import ValueInfoProto
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import describe_checkpoint
from segnet_ros.core.checkpoint_file import METADATA_KEY
from segnet_ros.core.model import SegNet
from segnet_ros.core.network import Network
from segnet_ros.export.export_error import ExportError
from segnet_ros.export.graph_builder import GraphBuilder
from segnet_ros.export.image_graph import add_label
from segnet_ros.export.image_graph import add_logits
from segnet_ros.export.image_graph import add_preparation
from segnet_ros.export.image_graph import INPUT
from segnet_ros.export.image_graph import Size
from segnet_ros.export.network_graph import add_network
from segnet_ros.export.network_graph import LOGITS

OPERATOR_SET = 13
"""Version of ONNX's operators: the oldest that has all, of 2020, for runtimes that are not new."""
IR_VERSION = 7
"""Version of ONNX's file format that belongs to it."""
BATCH = 'N'
"""Name of the one extent that a model leaves open."""
DTYPES: dict[str, type[np.floating]] = {'fp32': np.float32, 'fp16': np.float16}
"""By precision, what the network computes in."""


@dataclass(frozen=True)
class Export:
    """What a file is to be like."""

    image_size: Size
    """Height and width of the images that it takes."""
    input_size: Size
    """Height and width that they are resized to for the network."""
    precision: str = 'fp32'
    """One of :data:`DTYPES`."""
    is_raw: bool = False
    """Whether it makes logits, in place of labels and confidences."""


def build_model(checkpoint: Checkpoint, export: Export) -> ModelProto:
    """
    Build a model that takes images, ``image``, RGB, uint8 (N, H, W, 3).

    It makes ``label`` and ``confidence``, uint8 (N, H, W), or ``logits``, float32 (N, num_classes,
    H, W). H and W are fixed.

    :param checkpoint: of a SegNet
    :raises ExportError: if it is of another network
    """
    network = _build_network(checkpoint)
    dtype, sizes = DTYPES[export.precision], (export.image_size, export.input_size)
    builder = GraphBuilder()
    x = add_preparation(builder, 'image', sizes, checkpoint.normalization, dtype)
    x = add_network(builder, network, x, export.input_size, dtype)
    logits = add_logits(builder, x, sizes[::-1], dtype)
    classes = checkpoint.config.num_classes
    if export.is_raw:
        builder.add('Identity', [logits], 'logits')
        outputs = [_describe('logits', np.float32, (classes, *export.image_size))]
    else:
        add_label(builder, logits, 'label', 'confidence')
        outputs = [
            _describe(name, np.uint8, export.image_size) for name in ('label', 'confidence')
        ]
    images = _describe('image', np.uint8, (*export.image_size, 3))
    ends = _describe_network(classes, export.input_size, dtype)
    graph = helper.make_graph(
        builder.nodes, 'SegNet', [images], outputs, builder.constants, value_info=ends
    )
    model = _make_model(graph)
    described = replace(checkpoint, input_size=export.input_size)
    helper.set_model_props(model, _make_metadata(described, export))
    return model


def build_network_model(checkpoint: Checkpoint, size: Size, precision: str = 'fp32') -> ModelProto:
    """
    Build a model from normalized images, (N, 3, *size), to logits, (N, num_classes, *size).

    :param checkpoint: of a SegNet
    :param size: height and width
    :param precision: one of :data:`DTYPES`; that of images and logits as well
    :raises ExportError: if it is of another network
    """
    dtype = DTYPES[precision]
    builder = GraphBuilder()
    add_network(builder, _build_network(checkpoint), INPUT, size, dtype)
    images, logits = _describe_network(checkpoint.config.num_classes, size, dtype)
    return _make_model(
        helper.make_graph(builder.nodes, 'SegNet', [images], [logits], builder.constants)
    )


def _build_network(checkpoint: Checkpoint) -> SegNet:
    network: Network = checkpoint.build_network()
    if not isinstance(network, SegNet):
        raise ExportError(
            'expected a checkpoint of segnet or bayesian-segnet, found one of'
            f' {checkpoint.network}; train a SegNet, or run this one by PyTorch'
        )
    return network


def _make_model(graph: Any) -> ModelProto:
    return helper.make_model(
        graph,
        producer_name='segnet_ros',
        opset_imports=[helper.make_opsetid('', OPERATOR_SET)],
        ir_version=IR_VERSION,
    )


def _make_metadata(checkpoint: Checkpoint, export: Export) -> dict[str, str]:
    """Say all that the checkpoint says, and for people and other programs the usual."""
    label_set = checkpoint.label_set
    return {
        METADATA_KEY: json.dumps(describe_checkpoint(checkpoint)),
        'precision': export.precision,
        'names': json.dumps(dict(enumerate(label_set.names))),
        'colors': json.dumps(dict(enumerate(label_set.colors))),
        'provenance': json.dumps(checkpoint.provenance),
    }


def _describe_network(
    num_classes: int, size: Size, dtype: type[np.floating]
) -> tuple[ValueInfoProto, ValueInfoProto]:
    """Describe what the network takes and makes."""
    return _describe(INPUT, dtype, (3, *size)), _describe(LOGITS, dtype, (num_classes, *size))


def _describe(name: str, dtype: type[np.generic], shape: tuple[int, ...]) -> ValueInfoProto:
    """Describe a tensor of a batch of any size."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, [BATCH, *shape])
