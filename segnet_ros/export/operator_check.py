"""Whether every runtime knows the operators of a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from onnx import ModelProto
from onnx import NodeProto
from onnx import shape_inference
from onnx import TensorProto
from segnet_ros.export.export_error import ExportError
from segnet_ros.export.tensorrt_operators import OPERATOR_SETS
from segnet_ros.export.tensorrt_operators import TYPES

FORBIDDEN = ('MaxUnpool', 'Scatter', 'ScatterElements', 'ScatterND', 'GatherND', 'NonZero')
"""Ways to unpool that a runtime lacks, or computes slowly or wrongly."""
SIDE_INPUTS = {'Slice': 1, 'Pad': 1, 'ReduceSum': 1}
"""By operator, from which input on it has arguments, which are constants, and not feature maps."""


def check_operators(model: ModelProto) -> Counter[str]:
    """
    Compare a graph with what TensorRT's parser takes, and look for operators to avoid.

    :param model: complete, with the types of inputs and outputs
    :return: how many nodes there are of each operator
    :raises ExportError: with the first few nodes that do not fit
    """
    problems = [*_check_version(model), *_check_nodes(model), *_check_integers(model)]
    if problems:
        more = f' and {len(problems) - 3} more' if len(problems) > 3 else ''
        raise ExportError(
            f'expected a graph that every runtime takes, found {"; ".join(problems[:3])}{more};'
            ' report it'
        )
    return Counter(node.op_type for node in model.graph.node)


def _check_version(model: ModelProto) -> Iterator[str]:
    for opset in model.opset_import:
        if opset.domain or opset.version not in OPERATOR_SETS:
            yield f"operator set {opset.version} of '{opset.domain}'"


def _check_nodes(model: ModelProto) -> Iterator[str]:
    types = read_types(model)
    constants = {constant.name for constant in model.graph.initializer}
    ends = {value.name for value in (*model.graph.input, *model.graph.output)}
    for node in model.graph.node:
        if node.op_type in FORBIDDEN:
            yield f'{node.name}: {node.op_type}, which is slow or missing in many'
        if node.op_type not in TYPES:
            yield f'{node.name}: {node.op_type}, which TensorRT does not have'
            continue
        own, side = _split_inputs(node)
        for name in own:
            if types[name] not in TYPES[node.op_type]:
                yield f'{node.name}: {node.op_type} of {types[name]}, which TensorRT lacks'
        for name in set(side) - constants:
            yield f'{node.name}: an argument that is not a constant, {name}'
        for name in (*own, *node.output):
            if types[name] == 'UINT8' and name not in ends:
                yield f'{node.name}: bytes inside of the graph, {name}'


def _check_integers(model: ModelProto) -> Iterator[str]:
    """Find maps of int64, eight bytes per value, but for a class id that is cast at once."""
    types = read_types(model)
    users: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for node in model.graph.node:
        for name in node.output:
            is_cast = [user.op_type for user in users.get(name, [])] == ['Cast']
            if types[name] == 'INT64' and not (node.op_type == 'ArgMax' and is_cast):
                yield f'{node.name}: a map of int64, {name}'


def read_types(model: ModelProto) -> dict[str, str]:
    """Find the type of each tensor of a graph, by its name; those of ONNX, such as ``FLOAT``."""
    graph = shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph
    types = {constant.name: constant.data_type for constant in graph.initializer}
    for value in (*graph.input, *graph.output, *graph.value_info):
        types[value.name] = value.type.tensor_type.elem_type
    return {name: TensorProto.DataType.Name(number) for name, number in types.items()}


def _split_inputs(node: NodeProto) -> tuple[list[str], list[str]]:
    """Tell the tensors that a node computes with from its arguments."""
    inputs = list(node.input)
    at = SIDE_INPUTS.get(node.op_type, len(inputs))
    own, side = inputs[:at], inputs[at:]
    if node.op_type == 'Where':  # its condition is of another type than what it chooses from
        own = own[1:]
    return own, side
