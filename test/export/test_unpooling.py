"""Pooling and unpooling as nodes of a graph, against those of PyTorch."""

import numpy as np
import pytest

pytest.importorskip('onnx', reason='needs ONNX')
pytest.importorskip('onnxruntime', reason='needs ONNX Runtime')

from onnx import helper
from onnx import TensorProto
import onnxruntime
from segnet_ros.core.pooling import max_pool
from segnet_ros.core.pooling import unpool
from segnet_ros.export.graph_builder import GraphBuilder
from segnet_ros.export.unpooling import add_pooling
from segnet_ros.export.unpooling import add_unpooling
import torch

SIZES = [(2, 2), (6, 8), (5, 8), (6, 7), (23, 29), (1, 1)]


def run(size, x, y):
    """Pool one map, and unpool another with its indices, in a graph of these two alone."""
    builder = GraphBuilder()
    pooled = add_pooling(builder, 'x', size, np.float32, 'pool')
    unpooled = add_unpooling(builder, 'y', pooled, np.float32, 'unpool')
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in names]
        for names in (('x', 'y'), (pooled.features, unpooled))
    ]
    graph = helper.make_graph(builder.nodes, 'test', *ends, builder.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=7)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    return session.run(None, {'x': x.numpy(), 'y': y.numpy()})


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('values', [2, 1_000_000])  # nearly everything a tie, and nearly nothing
def test_both_are_exact_with_ties_and_odd_sizes(size, values):
    torch.manual_seed(0)
    x = torch.randint(0, values, (2, 5, *size)).float()
    expected = max_pool(x)
    y = torch.randn_like(expected.features)
    features, unpooled = run(size, x, y)
    assert np.array_equal(features, expected.features.numpy())
    assert np.array_equal(unpooled, unpool(y, expected.indices, size).numpy())


def test_every_place_in_a_window_is_found_and_the_first_wins_a_tie():
    """All windows of zeros and ones."""
    windows = torch.tensor([[n >> bit & 1 for bit in range(4)] for n in range(16)]).float()
    x = windows.view(16, 1, 2, 2)
    features, unpooled = run((2, 2), x, torch.ones(16, 1, 1, 1))
    assert np.array_equal(features.ravel(), windows.max(1).values.numpy())
    assert np.array_equal(unpooled.reshape(16, 4).argmax(1), windows.numpy().argmax(1))
    assert np.array_equal(unpooled.reshape(16, 4).sum(1), np.ones(16))
