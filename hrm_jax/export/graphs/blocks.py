"""The parts of a reasoner's modules as operators: `hrm_jax/models/block.py` in ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from data_pipeline.schema import BoardShape
from hrm_jax.export.graphs.builder import Graph
from hrm_jax.export.graphs.products import MatrixWriter
from hrm_jax.models import scopes, sight
from hrm_jax.models.config import ReasonerConfig

Attend = Callable[[Graph, str, str, str], str]
"""From queries, keys and values `[R N T K]` to what is mixed, of the same shape."""

_UNSEEN = -1e30
"""A score that no softmax sees."""


def rms_norm(g: Graph, x: str, width: int, eps: float) -> str:
    """Over the last axis, in operators that ONNX Runtime knows as one."""
    squares = g.op("Pow", x, g.constant(2.0))
    mean = g.op("ReduceMean", squares, g.constant([-1], np.int64))
    root = g.op("Sqrt", g.op("Add", mean, g.constant(eps)))
    return g.op("Mul", g.op("Div", x, root), g.constant(np.ones(width)))


class Board:
    """The attention of puzzles, `sight.on_board`."""

    def __init__(self, config: ReasonerConfig):
        self._config = config
        board = BoardShape(config.box_rows, config.box_cols)
        self._seen = scopes.attention_mask(
            config.attention_scopes, config.num_heads, board, config.prefix_len
        )
        self._tables = None
        if config.positions == "rotary":
            head_width = config.width // config.num_heads
            self._tables = signed(
                *sight.rotary_tables(config.tokens, head_width, config.rotary_theta)
            )

    def __call__(self, g: Graph, q: str, k: str, v: str) -> str:
        if self._tables is not None:
            cos, sin = (g.constant(table) for table in self._tables)
            q, k = rotate(g, q, cos, sin), rotate(g, k, cos, sin)
        added = None
        if self._seen is not None:
            # Bytes in the file; floats once ONNX Runtime has read it.
            added = bias(g, g.constant(self._seen, np.bool_))
        return attention(g, q, k, v, self._config, added)


def bias(g: Graph, seen: str) -> str:
    """What is added to scores, of whether they are seen."""
    return g.op("Where", seen, g.constant(0.0), g.constant(_UNSEEN))


def signed(
    cos: Float[np.ndarray, "T K"], sin: Float[np.ndarray, "T K"]
) -> tuple[Float[np.ndarray, "T K"], Float[np.ndarray, "T K"]]:
    """Rotary tables for `rotate`, which only exchanges the halves of a head."""
    signs = np.repeat(np.array([-1, 1], np.float32), sin.shape[-1] // 2)
    return cos, sin * signs


def rotate(g: Graph, x: str, cos: str, sin: str) -> str:
    """`sight.rotate` of `x [R N T K]`, by tables that are `signed`."""
    first, second = g.ops("Split", x, count=2, axis=-1, num_outputs=2)
    turned = g.op("Concat", second, first, axis=-1)
    return g.op("Add", g.op("Mul", x, cos), g.op("Mul", turned, sin))


def attention(
    g: Graph, q: str, k: str, v: str, config: ReasonerConfig, bias: str | None
) -> str:
    """softmax(q k^T / sqrt(K) + bias) v."""
    head_width = config.width // config.num_heads
    keys = g.op("Transpose", k, perm=[0, 1, 3, 2])
    scores = g.op("MatMul", q, keys)
    scores = g.op("Mul", scores, g.constant(head_width**-0.5))
    if bias is not None:
        scores = g.op("Add", scores, bias)
    return g.op("MatMul", g.op("Softmax", scores, axis=-1), v)


class Modules:
    """Writes calls of modules.

    Attributes:
      weights: how they are stored.
    """

    def __init__(
        self,
        config: ReasonerConfig,
        params: Any,
        weights: MatrixWriter,
        attend: Callable[..., str],
    ):
        """Args: attend: an `Attend`, or what a subclass calls in its place."""
        self.weights = weights
        self._config = config
        self._params = params
        self._attend = attend

    def call(self, g: Graph, module: str, z: str) -> str:
        """The module of this name, on latents `[B K*T D]`."""
        config = self._config
        layers = {"l_module": config.l_layers, "h_module": config.h_layers}[module]
        if config.num_symbols > 1:
            shape = g.constant([-1, config.tokens, config.width], np.int64)
            z = g.op("Reshape", z, shape)
        for layer in range(layers):
            z = self._block(g, z, f"{module}.block_{layer}")
        if config.norm == "pre":
            z = rms_norm(g, z, config.width, config.norm_eps)
        if config.num_symbols > 1:
            shape = g.constant([-1, config.length, config.width], np.int64)
            z = g.op("Reshape", z, shape)
        return z

    def _products(self, g: Graph, x: str, name: str, count: int = 1) -> list[str]:
        matrix = self._leaf(f"{name}.kernel")
        return self.weights.products(g, x, name, matrix, count)

    def _leaf(self, name: str) -> Any:
        leaf = self._params
        for part in name.split("."):
            leaf = leaf[part]
        return leaf

    def _block(self, g: Graph, x: str, name: str) -> str:
        config = self._config
        if config.mixer == "mlp":
            columns = g.op("Transpose", x, perm=[0, 2, 1])
            mixed = self._swiglu(g, columns, f"{name}.token_mlp", 0)
            mixed = g.op("Add", columns, mixed)
            mixed = rms_norm(g, mixed, config.tokens, config.norm_eps)
            x = g.op("Transpose", mixed, perm=[0, 2, 1])
        else:
            x = self._add(g, x, lambda x: self._mix_tokens(g, x, f"{name}.attention"))
        if config.equivariant:
            x = self._add(g, x, lambda x: self._mix_symbols(g, x, name))
        return self._add(
            g, x, lambda x: self._swiglu(g, x, f"{name}.mlp", config.conv_width)
        )

    def _add(self, g: Graph, x: str, mix: Callable[[str], str]) -> str:
        sizes = self._config.width, self._config.norm_eps
        if self._config.norm == "pre":
            return g.op("Add", x, mix(rms_norm(g, x, *sizes)))
        return rms_norm(g, g.op("Add", x, mix(x)), *sizes)

    def _swiglu(self, g: Graph, x: str, name: str, conv_width: int) -> str:
        gate, up = self._products(g, x, f"{name}.gate_up", 2)
        inner = g.op("Mul", silu(g, gate), up)
        if conv_width:
            inner = silu(g, self._convolved(g, inner, f"{name}.conv"))
        return self._products(g, inner, f"{name}.down")[0]

    def _convolved(self, g: Graph, x: str, name: str) -> str:
        """`layers.ShortConvolution`, as taps times shifted copies."""
        taps = self._leaf(f"{name}.taps")
        window, before = len(taps), len(taps) // 2
        pads = g.constant([0, before, 0, 0, window - 1 - before, 0], np.int64)
        padded = g.op("Pad", x, pads)
        y = self.weights.floats(g, f"{name}.bias", self._leaf(f"{name}.bias"))
        axis = g.constant([1], np.int64)
        for j in range(window):
            # The last one is cut at the end, wherever that is.
            end = j - (window - 1) or np.iinfo(np.int64).max
            start, end = g.constant([j], np.int64), g.constant([end], np.int64)
            part = g.op("Slice", padded, start, end, axis)
            tap = self.weights.floats(g, f"{name}.tap_{j}", taps[j])
            y = g.op("Add", y, g.op("Mul", part, tap))
        return y

    def _mix_tokens(self, g: Graph, x: str, name: str) -> str:
        gated = self._config.gated_attention
        return self._attention(g, x, name, self._attend, gated)

    def _attention(
        self, g: Graph, x: str, name: str, attend: Attend, gated: bool
    ) -> str:
        config, gate = self._config, None
        width, heads = config.width, config.num_heads
        if gated:
            gate, *qkv = self._products(g, x, f"{name}.gate_qkv", 4)
        else:
            qkv = self._products(g, x, f"{name}.qkv", 3)
        apart = g.constant([0, 0, heads, width // heads], np.int64)
        q, k, v = (
            g.op("Transpose", g.op("Reshape", part, apart), perm=[0, 2, 1, 3])
            for part in qkv
        )
        mixed = g.op("Transpose", attend(g, q, k, v), perm=[0, 2, 1, 3])
        mixed = g.op("Reshape", mixed, g.constant([0, 0, width], np.int64))
        if gate is not None:
            mixed = g.op("Mul", mixed, g.op("Sigmoid", gate))
        return self._products(g, mixed, f"{name}.output")[0]

    def _mix_symbols(self, g: Graph, x: str, name: str) -> str:
        """Attention among the symbols of a token, which have no order."""
        config = self._config
        symbols, tokens, width = config.num_symbols, config.tokens, config.width
        apart = g.constant([-1, symbols, tokens, width], np.int64)
        last = g.op("Transpose", g.op("Reshape", x, apart), perm=[0, 2, 1, 3])
        among = g.op("Reshape", last, g.constant([-1, symbols, width], np.int64))
        mixed = self._attention(
            g, among, f"{name}.symbol_attention", self._among_symbols, False
        )
        back = g.constant([-1, tokens, symbols, width], np.int64)
        mixed = g.op("Transpose", g.op("Reshape", mixed, back), perm=[0, 2, 1, 3])
        return g.op("Reshape", mixed, g.constant([-1, tokens, width], np.int64))

    def _among_symbols(self, g: Graph, q: str, k: str, v: str) -> str:
        return attention(g, q, k, v, self._config, None)


def silu(g: Graph, x: str) -> str:
    return g.op("Mul", x, g.op("Sigmoid", x))
