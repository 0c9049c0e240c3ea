"""The modules of a reasoner, called with one token of each row, in few operators.

At such a size an operator takes longer to begin than to compute.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hrm_jax.export.graphs import blocks
from hrm_jax.export.graphs.blocks import Modules
from hrm_jax.export.graphs.builder import Graph

Attend = Callable[[Graph, str, str], str]
"""From queries and keys side by side `[B 2N 1 K]`, and values, to what is mixed
`[B N 1 K]`."""


class OneToken(Modules):
    """On latents `[B 1 D]`, by an `Attend` of this file. Matrices that are side by side
    are multiplied at once, for cutting one row apart costs nothing."""

    def _mix_tokens(self, g: Graph, x: str, name: str) -> str:
        config, heads = self._config, self._config.num_heads
        gated = config.gated_attention
        kind = "gate_qkv" if gated else "qkv"
        (parts,) = self._products(g, x, f"{name}.{kind}")
        sizes = [2 * heads, heads]
        if gated:
            sizes = [heads, *sizes]
        apart = [0, sum(sizes), 1, config.width // heads]
        parts = g.op("Reshape", parts, g.constant(apart, np.int64))
        cut = g.constant(sizes, np.int64)
        *gate, qk, v = g.ops("Split", parts, cut, count=len(sizes), axis=1)
        mixed = self._attend(g, qk, v)
        if gated:
            mixed = g.op("Mul", mixed, g.op("Sigmoid", *gate))
        mixed = g.op("Reshape", mixed, g.constant([0, 1, config.width], np.int64))
        return self._products(g, mixed, f"{name}.output")[0]

    def _swiglu(self, g: Graph, x: str, name: str, conv_width: int) -> str:
        assert not conv_width, "a convolution wants the tokens around"
        (both,) = self._products(g, x, f"{name}.gate_up")
        gate, up = g.ops("Split", both, count=2, axis=-1, num_outputs=2)
        inner = g.op("Mul", blocks.silu(g, gate), up)
        return self._products(g, inner, f"{name}.down")[0]
