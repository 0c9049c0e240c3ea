"""A text's reasoner as two graphs: one reads a prompt, one a token after another.

Every call of a module has keys and values of its own at the tokens before, in a place
of the cache (`hrm_jax/models/cache.py`). The graphs hold no cache. The first gives out
the keys and values of the prompt; the second is handed arrays with room for more, reads
as much of them as is filled, and gives out those of the new token alone, which the host
puts behind the others: so a cache is never copied.

A token's products are small, so that the second graph is written in few operators.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import DTypeLike

from hrm_jax.export import rounding
from hrm_jax.export.graphs import blocks
from hrm_jax.export.graphs.blocks import Modules
from hrm_jax.export.graphs.builder import Graph
from hrm_jax.export.graphs.one_token import OneToken
from hrm_jax.export.graphs.products import MatrixWriter
from hrm_jax.export.graphs.thinker import Thinker
from hrm_jax.models import cache as caches
from hrm_jax.models import sight
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables
from kernels.quantized_matmul import Quantized


def prefill(
    config: ReasonerConfig,
    variables: Variables,
    segments: int,
    form: str,
    float_dtype: DTypeLike = np.float32,
) -> onnx.ModelProto:
    """Reads prompts.

    Inputs: `tokens` int32 `[batch, length]`, those of row b up to `lengths[b]`.
    Outputs: `logits` `[segments, batch, V]` of each row's first token, `q_halt`
    `[segments, batch]`, and of each place p `keys_p` and `values_p`
    `[batch, N, length, K]`; behind a row's length they mean nothing.

    Args:
      segments: that a token is thought about.
    """
    g = Graph()
    tokens = g.input("tokens", np.int32, ["batch", "length"])
    lengths = g.input("lengths", np.int32, ["batch"])
    attend = _Prefill(g, config, tokens, lengths)
    weights = MatrixWriter(form, float_dtype)
    modules = Modules(config, variables.params, weights, attend)
    thinker = Thinker(config, variables, modules, _head(config, variables, form))
    last = g.op("Sub", lengths, g.constant(1, np.int32))
    last = g.op("Unsqueeze", g.op("Cast", last, to=onnx.TensorProto.INT64), _axis(g, 1))
    logits, q_halt = [], []
    for z_h in _segments(g, thinker, tokens, segments):
        z = g.op("GatherND", z_h, last, batch_dims=1)
        logits.append(thinker.scores(g, z))
        first = g.op("Gather", z_h, g.constant(0, np.int64), axis=1)
        q_halt.append(thinker.halting(g, first, 0))
    _output_logits(g, config, segments, logits)
    g.output(_stacked(g, q_halt), "q_halt", np.float32, [segments, "batch"])
    shape = _room(config, "length")
    for place, (keys, values) in attend.written(segments).items():
        g.output(keys, f"keys_{place}", np.float32, shape)
        g.output(values, f"values_{place}", np.float32, shape)
    return g.model("prefill")


def decode(
    config: ReasonerConfig,
    variables: Variables,
    segments: int,
    form: str,
    float_dtype: DTypeLike = np.float32,
) -> onnx.ModelProto:
    """Reads one more token in each row.

    Inputs: `tokens` int32 `[batch]`, `lengths` int32 `[batch]`, tokens of each row that
    are in the cache, and of each place p `keys_p` and `values_p`
    `[batch, N, room, K]`. Outputs: `logits` `[segments, batch, V]` of the token after
    it, and `new_keys` and `new_values` `[places, batch, N, K]`, which belong at
    `lengths`.

    Args:
      segments: that a token is thought about.
    """
    g = Graph()
    tokens = g.input("tokens", np.int32, ["batch"])
    lengths = g.input("lengths", np.int32, ["batch"])
    attend = _Decode(g, config, lengths, segments)
    weights = MatrixWriter(form, float_dtype, few_rows=True)
    modules = OneToken(config, variables.params, weights, attend)
    thinker = Thinker(config, variables, modules, _head(config, variables, form))
    tokens = g.op("Unsqueeze", tokens, _axis(g, 1))
    logits = [
        thinker.scores(g, g.op("Squeeze", z_h, _axis(g, 1)))
        for z_h in _segments(g, thinker, tokens, segments)
    ]
    _output_logits(g, config, segments, logits)
    written = attend.written(segments)
    head_width = config.width // config.num_heads
    shape = [len(written), "batch", config.num_heads, head_width]
    for name, arrays in zip(
        ("new_keys", "new_values"), zip(*written.values(), strict=True), strict=True
    ):
        # One after the other [B N P K], since each has an axis for its one token.
        ours = g.op("Transpose", g.op("Concat", *arrays, axis=2), perm=[2, 0, 1, 3])
        g.output(ours, name, np.float32, shape)
    return g.model("decode")


def _head(config: ReasonerConfig, variables: Variables, form: str) -> Quantized | None:
    """In graphs of rounded activations the answer head has 8 bits: in floats it would
    be a quarter of all that a token reads."""
    if form != "integer":
        return None
    params = variables.params
    if config.tied_embedding:
        head = np.asarray(params["token_embedding"]["embedding"]).T
    else:
        head = np.asarray(params["answer_head"]["kernel"])
    return rounding.nearest(head.astype(np.float32), 8)


def _segments(g: Graph, thinker: Thinker, tokens: str, segments: int) -> list[str]:
    """z_h after each."""
    x = thinker.embed(g, tokens, None)
    z_h, z_l = thinker.initial(g, x)
    after = []
    for _ in range(segments):
        z_h, z_l = thinker.reason(g, z_h, z_l, x)
        after.append(z_h)
    return after


def _output_logits(
    g: Graph, config: ReasonerConfig, segments: int, logits: list[str]
) -> None:
    shape = [segments, "batch", config.vocab_size]
    g.output(_stacked(g, logits), "logits", np.float32, shape)


def _stacked(g: Graph, arrays: list[str]) -> str:
    rows = [g.op("Unsqueeze", array, _axis(g, 0)) for array in arrays]
    return g.op("Concat", *rows, axis=0)


def _axis(g: Graph, *axes: int) -> str:
    return g.constant(axes, np.int64)


def _room(config: ReasonerConfig, length: str) -> list[int | str]:
    heads = config.num_heads
    return ["batch", heads, length, config.width // heads]


class _Writing:
    """What is called by one attention after the other, and keeps what it is given."""

    def __init__(self, config: ReasonerConfig):
        self._config = config
        self._calls: list[tuple[str, str]] = []

    def _tables(self, g: Graph, positions: str) -> list[str]:
        """The rotary tables of positions `[... 1 or P]`; none without."""
        config = self._config
        if config.positions != "rotary":
            return []
        head_width = config.width // config.num_heads
        tables = sight.rotary_tables(config.tokens, head_width, config.rotary_theta)
        return [
            g.op("Gather", g.constant(table), positions)
            for table in blocks.signed(*tables)
        ]

    def written(self, segments: int) -> dict[int, tuple[str, str]]:
        """Keys and values of each place, those of its last call."""
        places = caches.places_of_calls(self._config, segments)
        return dict(sorted(dict(zip(places, self._calls, strict=True)).items()))


class _Prefill(_Writing):
    def __init__(self, g: Graph, config: ReasonerConfig, tokens: str, lengths: str):
        super().__init__(config)
        length = g.op("Squeeze", g.op("Shape", tokens, start=1, end=2), _axis(g, 0))
        zero, one = g.constant(0, np.int64), g.constant(1, np.int64)
        positions = g.op("Range", zero, length, one)
        self._rotary = self._tables(g, positions)
        lengths = g.op("Cast", lengths, to=onnx.TensorProto.INT64)
        ends = g.op("Unsqueeze", lengths, _axis(g, 1, 2, 3))
        seen = g.op("Less", positions, ends)  # [batch, 1, 1, keys]
        if config.visibility == "causal":
            queries = g.op("Unsqueeze", positions, _axis(g, 1))
            seen = g.op("And", seen, g.op("LessOrEqual", positions, queries))
        self._bias = blocks.bias(g, seen)

    def __call__(self, g: Graph, q: str, k: str, v: str) -> str:
        if self._rotary:
            q, k = (blocks.rotate(g, x, *self._rotary) for x in (q, k))
        self._calls.append((k, v))
        return blocks.attention(g, q, k, v, self._config, self._bias)


class _Decode(_Writing):
    def __init__(self, g: Graph, config: ReasonerConfig, lengths: str, segments: int):
        super().__init__(config)
        shape, calls = _room(config, "room"), caches.places_of_calls(config, segments)
        cache = [
            tuple(
                g.input(f"{name}_{place}", np.float32, shape)
                for name in ("keys", "values")
            )
            for place in range(1 + max(calls))
        ]
        self._before = iter([cache[place] for place in calls])
        ends = g.op("Unsqueeze", lengths, _axis(g, 1, 2))
        heads, head_width = config.num_heads, config.width // config.num_heads
        # Of scores; here, where there are fewer numbers, and only of the queries.
        scale = np.repeat([head_width**-0.5, 1.0], heads)[None, :, None, None]
        self._scale = g.constant(scale)
        tables = self._tables(g, ends)
        self._rotary = [g.op("Mul", table, self._scale) for table in tables]
        self._turned = np.roll(np.arange(head_width), head_width // 2)
        room = g.op("Shape", cache[0][0], start=2, end=3)
        zero, one = g.constant(0, np.int64), g.constant(1, np.int64)
        self._parts = g.op("Concat", room, _axis(g, 1), axis=0)
        positions = g.op("Range", zero, g.op("Squeeze", room, _axis(g, 0)), one)
        ends = g.op("Unsqueeze", ends, _axis(g, 3))
        ends = g.op("Cast", ends, to=onnx.TensorProto.INT64)
        self._bias = blocks.bias(g, g.op("Less", positions, ends))

    def __call__(self, g: Graph, qk: str, v: str) -> str:
        if self._rotary:
            cos, sin = self._rotary
            halves = g.constant(self._turned, np.int64)
            turned = g.op("Gather", qk, halves, axis=-1)
            qk = g.op("Add", g.op("Mul", qk, cos), g.op("Mul", turned, sin))
        else:
            qk = g.op("Mul", qk, self._scale)
        q, k = g.ops("Split", qk, count=2, axis=1, num_outputs=2)
        self._calls.append((k, v))
        keys, values = next(self._before)
        before, own = (
            g.op("MatMul", q, g.op("Transpose", some, perm=[0, 1, 3, 2]))
            for some in (keys, k)
        )
        before = g.op("Add", before, self._bias)
        weights = g.op("Softmax", g.op("Concat", before, own, axis=-1), axis=-1)
        of_before, of_own = g.ops("Split", weights, self._parts, count=2, axis=-1)
        return g.op("Add", g.op("MatMul", of_before, values), g.op("Mul", of_own, v))
