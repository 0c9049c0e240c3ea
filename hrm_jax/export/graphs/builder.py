"""Writes ONNX graphs, an operator at a time: a thin layer over `onnx.helper`.

A value is its name. What is inside of a loop reads values of the graph around it by
their names, so that a weight is stored once, however many bodies use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
"""Of the standard operators: the first that has numbers of 4 bits in blocks."""

IR = 10

MICROSOFT = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""

Dimensions = Sequence[int | str] | None
"""Sizes, and names of sizes that are known later; None where nothing is known."""


class Graph:
    """A graph that is being written.

    Attributes:
      nodes: so far, in their order.
    """

    def __init__(self, around: Graph | None = None):
        """Args:
        around: the graph that this one is a body in.
        """
        self.nodes: list[onnx.NodeProto] = []
        self._around = around
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        # Of the outermost graph alone.
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._constants: dict[tuple[Any, ...], str] = {}
        self._made: dict[str, str] = {}
        self._names: set[str] = set()

    @property
    def root(self) -> Graph:
        """The outermost graph."""
        return self if self._around is None else self._around.root

    def input(self, name: str, dtype: type, dimensions: Dimensions) -> str:
        self._inputs.append(_described(self._unique(name), dtype, dimensions))
        return self._inputs[-1].name

    def output(self, value: str, name: str, dtype: type, dimensions: Dimensions):
        """Gives a value out, under a name."""
        name = self._unique(name)
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_described(name, dtype, dimensions))

    def constant(self, value: Any, dtype: type = np.float32) -> str:
        """A small array; the same one is stored once."""
        array = np.asarray(value, dtype)
        key = array.dtype.str, array.shape, array.tobytes()
        known = self.root._constants
        if key not in known:
            known[key] = self.weight("constant", array)
        return known[key]

    def weight(self, name: str, array: np.ndarray) -> str:
        """Stores an array in the outermost graph."""
        return self.tensor(numpy_helper.from_array(np.asarray(array, order="C"), name))

    def tensor(self, tensor: onnx.TensorProto) -> str:
        """Stores what has its name, or one like it."""
        tensor.name = self._unique(tensor.name)
        self.root._initializers[tensor.name] = tensor
        return tensor.name

    def once(self, name: str, make: Callable[[Graph], str]) -> str:
        """What `make` writes into the outermost graph; the same name is made once.

        Only for what depends on weights alone, and is asked for by another graph after
        all that it reads.
        """
        if name not in self.root._made:
            self.root._made[name] = make(self.root)
        return self.root._made[name]

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Writes an operator of one result."""
        return self.ops(kind, *inputs, count=1, domain=domain, **attributes)[0]

    def ops(
        self, kind: str, *inputs: str, count: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Writes an operator of several results."""
        names = [self._unique(kind.lower()) for _ in range(count)]
        node = helper.make_node(
            kind, inputs, names, name=names[0], domain=domain, **attributes
        )
        self.nodes.append(node)
        return names

    def loop(
        self,
        times: int,
        state: list[str],
        kinds: Sequence[type],
        step: Callable[[Graph, str, list[str]], tuple[str, list[str]]],
    ) -> list[str]:
        """Writes a loop over a state of values; returns the state after it.

        Args:
          times: the most that it may go on.
          kinds: dtypes of the state.
          step: writes the body: from its number, counted from 0, and the state before
            to whether it goes on, and the state after.
        """
        body = Graph(self)
        number = body.input("number", np.int64, [])
        body.input("going", np.bool_, [])
        before = [body.input("state", kind, None) for kind in kinds]
        going, after = step(body, number, before)
        body.output(going, "going_on", np.bool_, [])
        for value, kind in zip(after, kinds, strict=True):
            body.output(value, "state_after", kind, None)
        return self.ops(
            "Loop",
            self.constant(times, np.int64),
            self.constant(True, np.bool_),
            *state,
            count=len(state),
            body=body._proto("body"),
        )

    def _proto(self, name: str) -> onnx.GraphProto:
        return helper.make_graph(
            self.nodes,
            name,
            self._inputs,
            self._outputs,
            list(self._initializers.values()),
        )

    def model(self, name: str) -> onnx.ModelProto:
        """The graph as a model, with the versions of all that it uses."""
        domains = {"", *(node.domain for node in _all_nodes(self._proto(name)))}
        return helper.make_model(
            self._proto(name),
            ir_version=IR,
            opset_imports=[
                helper.make_opsetid(domain, 1 if domain else OPSET)
                for domain in sorted(domains)
            ],
            producer_name="hrm-jax",
        )

    def _unique(self, name: str) -> str:
        taken, unique, number = self.root._names, name, 1
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique)
        return unique


def _described(name: str, dtype: type, dimensions: Dimensions) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind_of(dtype), dimensions)


def kind_of(dtype: type) -> int:
    """ONNX's number of a dtype."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def _all_nodes(graph: onnx.GraphProto):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _all_nodes(attribute.g)


def packed(name: str, values: np.ndarray) -> onnx.TensorProto:
    """Numbers from -8 to 7 as a tensor of 4 bits, two in a byte, the first one low."""
    flat = values.reshape(-1).astype(np.uint8) & 15
    flat = np.append(flat, np.zeros(len(flat) % 2, np.uint8))
    raw = (flat[::2] | (flat[1::2] << 4)).tobytes()
    return helper.make_tensor(name, TensorProto.INT4, values.shape, raw, raw=True)
