"""
Pooling that keeps which of the four pixels of a window was highest, and unpooling with it.

ONNX's ``MaxPool`` has indices of int64, and ``MaxUnpool`` is in no runtime that matters: neither
OpenVINO nor TensorRT knows it. Three comparisons tell as much as an index of 0 to 3, and selection
by them puts each value where it was, exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from segnet_ros.export.graph_builder import GraphBuilder

END = 2**31 - 1
"""Of a slice that goes to the end."""


class PooledMap(NamedTuple):
    """What an encoder stage hands to the decoder stage of the same depth; names of tensors."""

    features: str
    """Float (N, C, ceil(H / 2), ceil(W / 2))."""
    is_bottom: str
    """Whether the highest pixel is in the lower row, bool, of the same shape."""
    is_right: tuple[str, str]
    """Whether it is on the right, were it in the upper row, and in the lower; likewise."""
    size: tuple[int, int]
    """Height and width before pooling."""


def add_pooling(
    builder: GraphBuilder, x: str, size: tuple[int, int], dtype: type[np.floating], name: str
) -> PooledMap:
    """
    Halve the resolution, rounding up; the first of the highest pixels of a window wins.

    :param x: feature map, (N, C, H, W), of values from 0 up, as a ReLU leaves them
    :param size: height and width
    :param dtype: of the feature map
    :param name: what the names of the nodes begin with
    """
    odd = (size[0] % 2, size[1] % 2)
    if any(odd):
        # Below all values of the map: a pixel outside never wins.
        outside = builder.constant(np.array(-1, dtype), 'outside')
        pads = builder.integers(0, 0, 0, 0, 0, 0, *odd)
        x = builder.add('Pad', [x, pads, outside], f'{name}.padded')
    corners = [
        _add_corner(builder, x, index, f'{name}.{corner}')
        for index, corner in enumerate(('top_left', 'top_right', 'bottom_left', 'bottom_right'))
    ]
    right, rows = [], []
    for row, (one, other) in (('top', corners[:2]), ('bottom', corners[2:])):
        right.append(builder.add('Greater', [other, one], f'{name}.right_in_{row}'))
        rows.append(builder.add('Max', [one, other], f'{name}.{row}'))
    bottom = builder.add('Greater', [rows[1], rows[0]], f'{name}.in_bottom')
    features = builder.add('Max', rows, f'{name}.features')
    return PooledMap(features, bottom, (right[0], right[1]), size)


def add_unpooling(
    builder: GraphBuilder, x: str, pooled: PooledMap, dtype: type[np.floating], name: str
) -> str:
    """
    Put each value where its maximum was, zeros elsewhere.

    :param x: feature map, (N, C, h, w)
    :param pooled: of the encoder's map of this depth
    :param dtype: of the feature map
    :param name: what the names of the nodes begin with
    :return: feature map (N, C, H, W), of the size before the pooling
    """
    zero = builder.constant(np.array(0, dtype), 'zero')
    rows = (
        builder.add('Where', [pooled.is_bottom, zero, x], f'{name}.top'),
        builder.add('Where', [pooled.is_bottom, x, zero], f'{name}.bottom'),
    )
    corners = [
        builder.add('Where', [is_right, *choice], f'{row}_{side}')
        for row, is_right in zip(rows, pooled.is_right, strict=True)
        for side, choice in (('left', (zero, row)), ('right', (row, zero)))
    ]
    stacked = builder.add('Concat', corners, f'{name}.corners', axis=1)
    even = builder.add('DepthToSpace', [stacked], f'{name}.even', blocksize=2, mode='DCR')
    if not (pooled.size[0] % 2 or pooled.size[1] % 2):
        return even
    cropping = [builder.integers(*values) for values in ((0, 0), pooled.size, (2, 3))]
    return builder.add('Slice', [even, *cropping], f'{name}.cropped')


def _add_corner(builder: GraphBuilder, x: str, index: int, name: str) -> str:
    """Take the pixels of one pooling index, 0 to 3, of all windows."""
    row, column = divmod(index, 2)
    slicing = [builder.integers(*values) for values in ((row, column), (END, END), (2, 3), (2, 2))]
    return builder.add('Slice', [x, *slicing], name)
