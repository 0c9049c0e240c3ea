"""A text's reasoner as two graphs: one reads a prompt, one a token after another.

Every call of a module has keys and values of its own at the tokens before, in a place
of the cache (`hrm_jax/models/cache.py`). The graphs hold no cache. The first gives out
the keys and values of the prompt; the second is handed arrays with room for more, reads
as much of them as is filled, and gives out those of the new token alone, which the host
puts behind the others: so a cache is never copied.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import DTypeLike

from hrm_jax.export.graphs import blocks
from hrm_jax.export.graphs.builder import Graph
from hrm_jax.export.graphs.products import Weights
from hrm_jax.export.graphs.thinker import Thinker
from hrm_jax.models import cache as caches
from hrm_jax.models import sight
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables


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
    thinker = Thinker(config, variables, Weights(form, float_dtype), attend)
    last = g.op("Sub", lengths, g.constant(1, np.int32))
    last = g.op("Unsqueeze", g.op("Cast", last, to=onnx.TensorProto.INT64), _axis(g, 1))
    logits, q_halt = [], []
    for z_h in _segments(g, thinker, tokens, segments):
        z = g.op("GatherND", z_h, last, batch_dims=1)
        logits.append(thinker.scores(g, z))
        first = g.op("Gather", z_h, g.constant(0, np.int64), axis=1)
        q_halt.append(thinker.halting(g, first, 0))
    _told(g, config, segments, logits)
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
    thinker = Thinker(
        config, variables, Weights(form, float_dtype, few_rows=True), attend
    )
    tokens = g.op("Unsqueeze", tokens, _axis(g, 1))
    logits = [
        thinker.scores(g, g.op("Squeeze", z_h, _axis(g, 1)))
        for z_h in _segments(g, thinker, tokens, segments)
    ]
    _told(g, config, segments, logits)
    written = attend.written(segments)
    head_width = config.width // config.num_heads
    shape = [len(written), "batch", config.num_heads, head_width]
    for name, arrays in zip(
        ("new_keys", "new_values"), zip(*written.values(), strict=True), strict=True
    ):
        ours = [g.op("Squeeze", array, _axis(g, 2)) for array in arrays]
        g.output(_stacked(g, ours), name, np.float32, shape)
    return g.model("decode")


def _segments(g: Graph, thinker: Thinker, tokens: str, segments: int) -> list[str]:
    """z_h after each."""
    x = thinker.embed(g, tokens, None)
    z_h, z_l = thinker.initial(g, x)
    after = []
    for _ in range(segments):
        z_h, z_l = thinker.reason(g, z_h, z_l, x)
        after.append(z_h)
    return after


def _told(g: Graph, config: ReasonerConfig, segments: int, logits: list[str]) -> None:
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
    """A `blocks.Attend` that is called by one attention after the other."""

    def __init__(self, config: ReasonerConfig):
        self._config = config
        self._tables: tuple[str, str] | None = None
        self._calls: list[tuple[str, str]] = []

    def _look_up(self, g: Graph, positions: str) -> None:
        """Takes the rotary tables of positions `[... 1 or P]`."""
        config = self._config
        if config.positions == "rotary":
            head_width = config.width // config.num_heads
            cos, sin = blocks.signed(
                *sight.rotary_tables(config.tokens, head_width, config.rotary_theta)
            )
            self._tables = (
                g.op("Gather", g.constant(cos), positions),
                g.op("Gather", g.constant(sin), positions),
            )

    def _rotated(self, g: Graph, q: str, k: str, v: str) -> tuple[str, str]:
        """The queries, and the keys; these and the values are to be kept."""
        if self._tables is not None:
            q, k = (blocks.rotate(g, x, *self._tables) for x in (q, k))
        self._calls.append((k, v))
        return q, k

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
        self._look_up(g, positions)
        lengths = g.op("Cast", lengths, to=onnx.TensorProto.INT64)
        ends = g.op("Unsqueeze", lengths, _axis(g, 1, 2, 3))
        seen = g.op("Less", positions, ends)  # [batch, 1, 1, keys]
        if config.visibility == "causal":
            queries = g.op("Unsqueeze", positions, _axis(g, 1))
            seen = g.op("And", seen, g.op("LessOrEqual", positions, queries))
        self._bias = blocks.bias(g, seen)

    def __call__(self, g: Graph, q: str, k: str, v: str) -> str:
        q, k = self._rotated(g, q, k, v)
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
        self._look_up(g, ends)
        room = g.op("Squeeze", g.op("Shape", cache[0][0], start=2, end=3), _axis(g, 0))
        zero, one = g.constant(0, np.int64), g.constant(1, np.int64)
        ends = g.op("Unsqueeze", ends, _axis(g, 3))
        ends = g.op("Cast", ends, to=onnx.TensorProto.INT64)
        self._bias = blocks.bias(g, g.op("Less", g.op("Range", zero, room, one), ends))

    def __call__(self, g: Graph, q: str, k: str, v: str) -> str:
        q, k = self._rotated(g, q, k, v)
        keys, values = next(self._before)
        scale = (self._config.width // self._config.num_heads) ** -0.5
        q = g.op("Mul", q, g.constant(scale))
        before = g.op("MatMul", q, g.op("Transpose", keys, perm=[0, 1, 3, 2]))
        before = g.op("Add", before, self._bias)
        own = g.op("ReduceSum", g.op("Mul", q, k), _axis(g, -1))
        weights = g.op("Softmax", g.op("Concat", before, own, axis=-1), axis=-1)
        first, last = _axis(g, 0), _axis(g, -1)
        end = g.constant([np.iinfo(np.int64).max], np.int64)
        of_before = g.op("Slice", weights, first, last, last)
        of_own = g.op("Slice", weights, last, end, last)
        return g.op("Add", g.op("MatMul", of_before, values), g.op("Mul", of_own, v))
