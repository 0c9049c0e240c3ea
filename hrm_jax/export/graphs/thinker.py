"""What a reasoner does around its modules: `hrm_jax/models/reasoner.py` in ONNX."""

from __future__ import annotations

import numpy as np

from hrm_jax.export.graphs.blocks import Modules
from hrm_jax.export.graphs.builder import Graph
from hrm_jax.models import symbols
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables
from kernels.quantized_matmul import Quantized


class Thinker:
    """`hrm_jax/models/reasoner.py:Reasoner` in ONNX."""

    def __init__(
        self,
        config: ReasonerConfig,
        variables: Variables,
        modules: Modules,
        head: Quantized | None = None,
    ):
        """Args: head: that answers in place of the variables' own."""
        self._head = head
        self._config = config
        self._params = variables.params
        self._constants = variables.constants
        self._weights = modules.weights
        self._modules = modules

    def embed(self, g: Graph, tokens: str, puzzle_vectors: str | None) -> str:
        config, width = self._config, self._config.width
        table = self._floats(g, "token_embedding", "embedding")
        if config.equivariant:
            tokens = self._kinds(g, tokens)
        x = g.op("Gather", table, tokens)
        if config.prefix_len:
            x = g.op("Concat", self._prefix(g, tokens, puzzle_vectors), x, axis=-2)
        scale = width**0.5
        if config.positions == "learned":
            positions = self._floats(g, "position_embedding", "embedding")
            x, scale = g.op("Add", x, positions), scale * 0.5**0.5
        x = g.op("Mul", x, g.constant(scale))
        if config.equivariant:
            x = g.op("Reshape", x, g.constant([-1, config.length, width], np.int64))
        return x

    def _kinds(self, g: Graph, tokens: str) -> str:
        """`symbols.kinds`."""
        names = np.arange(self._config.num_symbols)[None, :, None] + symbols.NAMELESS
        tokens = g.op("Unsqueeze", tokens, g.constant([1], np.int64))
        own = g.op("Equal", tokens, g.constant(names, np.int32))
        place, other = (g.constant(symbols.NAMELESS + i, np.int32) for i in range(2))
        named = g.op("Where", own, place, other)
        nameless = g.op("Less", tokens, g.constant(symbols.NAMELESS, np.int32))
        return g.op("Where", nameless, tokens, named)

    def _prefix(self, g: Graph, tokens: str, puzzle_vectors: str | None) -> str:
        """The tokens before the board, of the rank of what they are joined to."""
        config = self._config
        rows = g.op("Shape", tokens, start=0, end=1)
        lengths = [config.prefix_len, config.width]
        if config.equivariant:
            lengths = [config.num_symbols, *lengths]
        shape = g.op("Concat", rows, g.constant(lengths, np.int64), axis=0)
        if puzzle_vectors is None:
            return g.op("Expand", g.constant(0.0), shape)
        room = config.prefix_len * config.width - config.puzzle_width
        padded = g.op("Pad", puzzle_vectors, g.constant([0, 0, 0, room], np.int64))
        apart = [-1, config.prefix_len, config.width]
        if config.equivariant:
            apart.insert(1, 1)
        prefix = g.op("Reshape", padded, g.constant(apart, np.int64))
        return g.op("Expand", prefix, shape) if config.equivariant else prefix

    def reason(self, g: Graph, z_h: str, z_l: str, x: str) -> tuple[str, str]:
        """All module calls of a segment: z_h and z_l after it."""
        config = self._config
        if config.injection == "start":
            z_h = g.op("Add", z_h, x)
        repeated = x if config.injection == "every_call" else None
        if config.recurrence == "looped":
            for _ in range(config.l_cycles):
                z_h = self._module(g, "l_module", z_h, repeated)
            return z_h, z_l
        h_module = "h_module" if config.h_layers else "l_module"
        for _ in range(config.h_cycles):
            given = z_h if repeated is None else g.op("Add", z_h, repeated)
            for _ in range(config.l_cycles):
                z_l = self._module(g, "l_module", z_l, given)
            z_h = self._module(g, h_module, z_h, z_l)
        return z_h, z_l

    def initial(self, g: Graph, x: str) -> list[str]:
        """The states that examples `x [B T D]` start from."""
        shape = g.op("Shape", x)
        vectors = {name: self._constants[f"{name}_init"] for name in ("z_h", "z_l")}
        if self._config.injection == "start":
            vectors["z_h"] = np.zeros_like(vectors["z_h"])
        return [
            g.op("Expand", self._weights.floats(g, name, vector), shape)
            for name, vector in vectors.items()
        ]

    def _module(self, g: Graph, name: str, z: str, given: str | None) -> str:
        z = z if given is None else g.op("Add", z, given)
        return self._modules.call(g, name, z)

    def outputs(self, g: Graph, z_h: str) -> tuple[str, str, str]:
        """The logits of the answer and of halting."""
        config = self._config
        before, tokens = config.prefix_len, config.tokens
        axes, ends = [-2], [tokens]
        z = z_h
        if config.equivariant:
            apart = [-1, config.num_symbols, tokens, config.width]
            z = g.op("Reshape", z_h, g.constant(apart, np.int64))
        board = z
        if before:
            cut = (g.constant(numbers, np.int64) for numbers in ([before], ends, axes))
            board = g.op("Slice", z, *cut)
        logits = self.scores(g, board)
        first = g.op("Gather", z, g.constant(0, np.int64), axis=-2)
        if config.equivariant:
            own, nameless = g.ops(
                "Split",
                logits,
                g.constant([1, symbols.NAMELESS], np.int64),
                count=2,
                axis=-1,
            )
            symbol_axis = g.constant([1], np.int64)
            mean = g.op("ReduceMean", nameless, symbol_axis, keepdims=0)
            own = g.op("Squeeze", own, g.constant([-1], np.int64))
            own = g.op("Transpose", own, perm=[0, 2, 1])
            logits = g.op("Concat", mean, own, axis=-1)
            first = g.op("ReduceMean", first, symbol_axis, keepdims=0)
        return logits, self.halting(g, first, 0), self.halting(g, first, 1)

    def scores(self, g: Graph, z: str) -> str:
        """The answer head."""
        if self._head is not None:
            return self._weights.product(g, z, "answer_head", self._head)
        if self._config.tied_embedding:
            table = self._floats(g, "token_embedding", "embedding")
            return g.op("MatMul", z, g.op("Transpose", table, perm=[1, 0]))
        return g.op("MatMul", z, self._floats(g, "answer_head", "kernel"))

    def halting(self, g: Graph, z: str, column: int) -> str:
        """A logit `[B]` of the halting head, of `z [B D]`."""
        kernel, bias = (
            np.asarray(self._params["halt_head"][leaf])[..., column]
            for leaf in ("kernel", "bias")
        )
        name = f"halt_head.{column}"
        product = g.op("MatMul", z, self._weights.floats(g, f"{name}.kernel", kernel))
        return g.op("Add", product, self._weights.floats(g, f"{name}.bias", bias))

    def _floats(self, g: Graph, module: str, leaf: str) -> str:
        array = self._params[module][leaf]
        return self._weights.floats(g, f"{module}.{leaf}", array)
