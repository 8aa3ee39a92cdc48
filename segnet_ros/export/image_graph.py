"""What surrounds the network in a graph: from bytes to its input, from logits to label images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.engine.pipeline import interpolate_image
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.outputs import resize_logits
from segnet_ros.export.graph_builder import GraphBuilder
import torch
from torch import Tensor

INPUT = 'network_input'
"""What the network takes, (N, 3, *input_size)."""
Size = tuple[int, int]
"""Height and width."""


def add_preparation(
    builder: GraphBuilder,
    image: str,
    sizes: tuple[Size, Size],
    normalization: Normalization,
    dtype: type[np.floating],
) -> str:
    """
    Resize and normalize images, as the predictor does.

    :param image: RGB, uint8 (N, H, W, 3)
    :param sizes: of the images, and of the network's input
    :param dtype: what the network computes in
    :return: the name of the network's input
    """
    # First of all: TensorRT takes bytes, but does nothing else with them.
    x = builder.cast(image, np.float32, 'image.float')
    x = builder.add('Transpose', [x], 'image.channels_first', perm=[0, 3, 1, 2])
    x = _add_resizing(builder, x, sizes, 'image')
    mean, std = (
        builder.constant(255 * np.array(triple, np.float32).reshape(1, 3, 1, 1), f'image.{name}')
        for name, triple in (('mean', normalization.mean), ('std', normalization.std))
    )
    x = builder.add('Sub', [x, mean], 'image.centered')
    if dtype == np.float32:
        return builder.add('Div', [x, std], INPUT)
    x = builder.add('Div', [x, std], 'image.normalized')
    return builder.cast(x, dtype, INPUT)


def add_logits(
    builder: GraphBuilder, x: str, sizes: tuple[Size, Size], dtype: type[np.floating]
) -> str:
    """
    Bring logits to the size of the images.

    :param x: the network's logits, (N, num_classes, *input_size)
    :param sizes: of the network's input, and of the images
    :param dtype: of the logits
    :return: the name of float32 (N, num_classes, H, W)
    """
    if dtype != np.float32:
        x = builder.cast(x, np.float32, 'logits.float')
    return _add_resizing(builder, x, sizes, 'logits')


def add_label(builder: GraphBuilder, logits: str, label: str, confidence: str) -> None:
    """
    Take the highest class, and its softmax.

    :param logits: float32 (N, num_classes, H, W)
    :param label: name of the class ids, uint8 (N, H, W)
    :param confidence: name of the softmax times 255, rounded, uint8 (N, H, W)
    """
    x = builder.add('ArgMax', [logits], 'label.class_id', axis=1, keepdims=0)
    # By way of float, because TensorRT makes bytes from nothing else.
    x = builder.cast(x, np.float32, 'label.float')
    builder.cast(x, np.uint8, label)
    highest = builder.add('ReduceMax', [logits], 'confidence.highest', axes=[1], keepdims=1)
    x = builder.add('Sub', [logits, highest], 'confidence.below')
    x = builder.add('Exp', [x], 'confidence.exp')
    x = builder.add('ReduceSum', [x, builder.integers(1)], 'confidence.sum', keepdims=0)
    # The exponential of the highest itself is 1.
    most = builder.constant(np.array(255, np.float32), 'confidence.most')
    x = builder.add('Div', [most, x], 'confidence.share')
    x = builder.add('Round', [x], 'confidence.rounded')
    builder.cast(x, np.uint8, confidence)


def _add_resizing(builder: GraphBuilder, x: str, sizes: tuple[Size, Size], name: str) -> str:
    """
    Resize float (N, C, h, w) by a product with a matrix for each direction.

    Interpolation is linear, and PyTorch itself tells its weights. ``Resize`` would not do: in
    TensorRT it averages nothing where images become smaller.
    """
    before, after = sizes
    if before[0] != after[0]:
        rows = builder.constant(_measure_weights(name, before[0], after[0]), f'{name}.rows')
        x = builder.add('MatMul', [rows, x], f'{name}.resized_rows')
    if before[1] != after[1]:
        columns = _measure_weights(name, before[1], after[1]).T
        columns = builder.constant(columns, f'{name}.columns')
        x = builder.add('MatMul', [x, columns], f'{name}.resized_columns')
    return x


def _measure_weights(kind: str, before: int, after: int) -> NDArray[np.float32]:
    """Find how much each of the pixels before is in each after, float32 (after, before)."""
    one_each = torch.eye(before)
    resized: Tensor
    if kind == 'image':
        resized = interpolate_image(one_each[..., None], (after, before))[0, 0]
    else:
        resized = resize_logits(one_each[None, None], (after, before))[0, 0]
    return resized.numpy()
