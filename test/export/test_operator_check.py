"""The search for operators that some runtime lacks."""

import pytest

pytest.importorskip('onnx', reason='needs ONNX')

from onnx import helper
from onnx import TensorProto
from segnet_ros.export.export_error import ExportError
from segnet_ros.export.operator_check import check_operators
from segnet_ros.export.operator_check import FORBIDDEN
from segnet_ros.export.tensorrt_operators import TYPES

KINDS = {'float': TensorProto.FLOAT, 'int64': TensorProto.INT64, 'byte': TensorProto.UINT8}


def make_model(*nodes, inputs=None, output='float', opset=13):
    """Make a graph from tensors of some type to ``y``."""
    ends = [
        [helper.make_tensor_value_info(name, KINDS[kind], None) for name, kind in values.items()]
        for values in (inputs or {'x': 'float'}, {'y': output})
    ]
    constants = [helper.make_tensor('four', TensorProto.INT64, [4], [1, 4, 8, 8])]
    graph = helper.make_graph(list(nodes), 'test', *ends, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)], ir_version=7)


def node(operator, *names, **attributes):
    """Make a node of inputs and one output."""
    return helper.make_node(operator, names[:-1], names[-1:], name=f'the {operator}', **attributes)


def test_what_runtimes_take_is_counted():
    model = make_model(node('Relu', 'x', 'a'), node('Max', 'a', 'x', 'y'))
    assert check_operators(model) == {'Relu': 1, 'Max': 1}


@pytest.mark.parametrize(
    ('nodes', 'options', 'expected'),
    [
        (
            [node('MaxUnpool', 'x', 'indices', 'y', kernel_shape=[2, 2])],
            {'inputs': {'x': 'float', 'indices': 'int64'}},
            'the MaxUnpool: MaxUnpool, which is slow or missing',
        ),
        ([node('NonZero', 'x', 'y')], {'output': 'int64'}, 'the NonZero: NonZero, which is slow'),
        ([node('Det', 'x', 'y')], {}, 'the Det: Det, which TensorRT does not have'),
        (
            [node('Max', 'x', 'x', 'y')],
            {'inputs': {'x': 'byte'}, 'output': 'byte'},
            'the Max: Max of UINT8, which TensorRT lacks',
        ),
        (
            [node('Cast', 'x', 'a', to=KINDS['byte']), node('Cast', 'a', 'y', to=KINDS['float'])],
            {},
            'the Cast: bytes inside of the graph, a',
        ),
        (
            [node('Cast', 'x', 'a', to=KINDS['int64']), node('Cast', 'a', 'y', to=KINDS['float'])],
            {},
            'the Cast: a map of int64, a',
        ),
        (
            [node('ArgMax', 'x', 'y', axis=1)],
            {'output': 'int64'},
            'the ArgMax: a map of int64, y',
        ),
        (
            [node('Shape', 'x', 's'), node('Slice', 'x', 's', 'four', 'y')],
            {},
            'the Slice: an argument that is not a constant, s',
        ),
        ([node('Relu', 'x', 'y')], {'opset': 22}, "operator set 22 of ''"),
    ],
)
def test_what_some_runtime_lacks_is_named(nodes, options, expected):
    with pytest.raises(ExportError, match=f'expected a graph that every .*{expected}.*report it'):
        check_operators(make_model(*nodes, **options))


def test_the_published_list_has_what_the_reasons_name():
    """Some of what it says, so that a slip in the table is seen."""
    assert 'MaxUnpool' not in TYPES
    assert TYPES['Where'] == ('FLOAT', 'FLOAT16', 'BFLOAT16', 'INT32', 'INT64', 'BOOL')
    assert 'UINT8' in TYPES['Cast']
    assert 'BOOL' not in TYPES['Greater']
    assert len(TYPES) == 150
    assert set(FORBIDDEN) - set(TYPES) == {'MaxUnpool'}
