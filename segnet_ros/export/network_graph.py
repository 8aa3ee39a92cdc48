"""A SegNet as nodes: convolutions with folded batch normalization, pooling and unpooling."""

from __future__ import annotations

import numpy as np
from segnet_ros.core.engine.folding import Filters
from segnet_ros.core.engine.folding import fold_stage
from segnet_ros.core.engine.folding import take_filters
from segnet_ros.core.model import SegNet
from segnet_ros.export.graph_builder import GraphBuilder
from segnet_ros.export.unpooling import add_pooling
from segnet_ros.export.unpooling import add_unpooling

LOGITS = 'network_logits'
"""What the network makes, (N, num_classes, *size)."""


def add_network(
    builder: GraphBuilder,
    network: SegNet,
    x: str,
    size: tuple[int, int],
    dtype: type[np.floating],
) -> str:
    """
    Add a network.

    :param network: trained, in fp32, on the CPU
    :param x: normalized images, (N, 3, *size), of the type to compute in
    :param size: height and width, at least 32 x 32
    :param dtype: what to compute in
    :return: the name of the logits, (N, num_classes, *size), of that type
    """
    poolings = []
    for number, stage in enumerate(network.encoder):
        name = f'encoder.{number}'
        x = _add_stage(builder, x, fold_stage(stage), dtype, name)
        poolings.append(add_pooling(builder, x, size, dtype, f'{name}.pool'))
        x, size = poolings[-1].features, ((size[0] + 1) // 2, (size[1] + 1) // 2)
    for number, stage in enumerate(network.decoder):
        name = f'decoder.{number}'
        x = add_unpooling(builder, x, poolings.pop(), dtype, f'{name}.unpool')
        x = _add_stage(builder, x, fold_stage(stage), dtype, name)
    return _add_convolution(builder, x, take_filters(network.classifier), dtype, LOGITS)


def _add_stage(
    builder: GraphBuilder, x: str, stage: list[Filters], dtype: type[np.floating], name: str
) -> str:
    for number, filters in enumerate(stage):
        x = _add_convolution(builder, x, filters, dtype, f'{name}.{number}.convolution')
        x = builder.add('Relu', [x], f'{name}.{number}')
    return x


def _add_convolution(
    builder: GraphBuilder, x: str, filters: Filters, dtype: type[np.floating], name: str
) -> str:
    weight, bias = (
        builder.constant(tensor.numpy().astype(dtype), f'{name}.{kind}')
        for kind, tensor in (('weight', filters.weight), ('bias', filters.bias))
    )
    return builder.add('Conv', [x, weight, bias], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
