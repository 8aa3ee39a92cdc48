"""Nodes and constants of an ONNX graph, as they are added one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper
from onnx import NodeProto
from onnx import numpy_helper
from onnx import TensorProto


class GraphBuilder:
    """
    Collect what a graph consists of.

    :ivar nodes: in the order of computation
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}
        self._names: set[str] = set()

    @property
    def constants(self) -> list[TensorProto]:
        """Weights, and the arguments of nodes."""
        return list(self._constants.values())

    def add(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """
        Add a node with one output.

        :param operator: its type, such as ``Conv``
        :param inputs: names of tensors; empty for one that is left out
        :param name: of the node and of its output
        :return: that name
        """
        self._take_name(name)
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def cast(self, x: str, dtype: type[np.generic], name: str) -> str:
        """Add a node that converts a tensor."""
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add('Cast', [x], name, to=kind)

    def constant(self, array: NDArray[Any], name: str) -> str:
        """Add a constant; the same name, given again, is the same constant."""
        if name not in self._constants:
            self._take_name(name)
            contiguous = np.require(array, requirements='C')  # keeps a scalar a scalar
            self._constants[name] = numpy_helper.from_array(contiguous, name)
        return name

    def integers(self, *values: int) -> str:
        """Add a list of integers, as the arguments of nodes are."""
        return self.constant(np.array(values, np.int64), f'integers {" ".join(map(str, values))}')

    def _take_name(self, name: str) -> None:
        assert name not in self._names, name
        self._names.add(name)
