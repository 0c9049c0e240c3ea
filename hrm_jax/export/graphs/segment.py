"""A puzzle's reasoner as a graph: one segment of it, or all until it halts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import DTypeLike

from hrm_jax.export.graphs import builder
from hrm_jax.export.graphs.blocks import Board, Modules
from hrm_jax.export.graphs.builder import Graph
from hrm_jax.export.graphs.products import MatrixWriter
from hrm_jax.export.graphs.thinker import Thinker
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables


def segment(
    config: ReasonerConfig,
    variables: Variables,
    form: str,
    float_dtype: DTypeLike = np.float32,
) -> onnx.ModelProto:
    """One segment: from tokens and latents to logits and the latents after it.

    The modules' calls are written out, one after the other, and share their weights.

    Args:
      variables: of arrays, and `Quantized` matrices.
      form: one of `products.FORMS`.
      float_dtype: what floats are stored as, float32 or float16; the graph computes in
        float32, whatever the config says.
    """
    g = Graph()
    thinker = _thinker(config, variables, MatrixWriter(form, float_dtype))
    tokens, vectors = _examples(g, config)
    x = thinker.embed(g, tokens, vectors)
    shape = ["batch", config.length, config.width]
    z_h, z_l = (g.input(name, np.float32, shape) for name in ("z_h", "z_l"))
    z_h, z_l = thinker.reason(g, z_h, z_l, x)
    logits, q_halt, q_continue = thinker.outputs(g, z_h)
    g.output(logits, "logits", np.float32, ["batch", config.seq_len, config.vocab_size])
    g.output(q_halt, "q_halt", np.float32, ["batch"])
    g.output(q_continue, "q_continue", np.float32, ["batch"])
    g.output(z_h, "z_h_next", np.float32, shape)
    g.output(z_l, "z_l_next", np.float32, shape)
    return g.model("segment")


def loop(
    config: ReasonerConfig,
    halting: Mapping[str, Any],
    variables: Variables,
    form: str,
    float_dtype: DTypeLike = np.float32,
) -> onnx.ModelProto:
    """All segments: from tokens to answers, each row halting by itself.

    A row that has halted keeps its answer, but takes part until the last one halts.

    Args:
      halting: "max_segments", "min_confidence" and "q_learning", as
        `hrm_jax.halting.HaltingConfig` has them.
    """
    g = Graph()
    thinker = _thinker(config, variables, MatrixWriter(form, float_dtype))
    tokens, vectors = _examples(g, config)
    x = thinker.embed(g, tokens, vectors)
    z_h, z_l = thinker.initial(g, x)
    rows = g.op("Shape", tokens, start=0, end=1)
    nobody = g.op("Expand", g.constant(False, np.bool_), rows)
    never = g.op("Expand", g.constant(0, np.int32), rows)
    unsure = g.op("Expand", g.constant(0.0), rows)

    def step(g: Graph, number: str, before: list[str]) -> tuple[str, list[str]]:
        z_h, z_l, answer, segments, confidence, halted = before
        z_h, z_l = thinker.reason(g, z_h, z_l, x)
        logits, q_halt, q_continue = thinker.outputs(g, z_h)
        sure = g.op("Sigmoid", q_halt)
        wish = g.op("GreaterOrEqual", sure, g.constant(halting["min_confidence"]))
        rival = q_continue if halting["q_learning"] else g.constant(0.0)
        wish = g.op("And", wish, g.op("Greater", q_halt, rival))
        said = g.op("ArgMax", logits, axis=-1, keepdims=0)
        said = g.op("Cast", said, to=builder.kind_of(np.int32))
        done = g.op("Cast", number, to=builder.kind_of(np.int32))
        done = g.op("Add", done, g.constant(1, np.int32))
        all_of = g.op("Unsqueeze", halted, g.constant([1], np.int64))
        answer = g.op("Where", all_of, answer, said)
        segments = g.op("Where", halted, segments, done)
        confidence = g.op("Where", halted, confidence, sure)
        halted = g.op("Or", halted, wish)
        going = g.op("Cast", g.op("Not", halted), to=builder.kind_of(np.int32))
        going = g.op("ReduceMax", going, keepdims=0)
        going = g.op("Cast", going, to=builder.kind_of(np.bool_))
        return going, [z_h, z_l, answer, segments, confidence, halted]

    state = [z_h, z_l, tokens, never, unsure, nobody]
    kinds = [np.float32, np.float32, np.int32, np.int32, np.float32, np.bool_]
    after = g.loop(halting["max_segments"], state, kinds, step)
    g.output(after[2], "answer", np.int32, ["batch", config.seq_len])
    g.output(after[3], "segments", np.int32, ["batch"])
    g.output(after[4], "confidence", np.float32, ["batch"])
    return g.model("loop")


def _thinker(
    config: ReasonerConfig, variables: Variables, weights: MatrixWriter
) -> Thinker:
    modules = Modules(config, variables.params, weights, Board(config))
    return Thinker(config, variables, modules)


def _examples(g: Graph, config: ReasonerConfig) -> tuple[str, str | None]:
    """The tokens, and what is known of the puzzles."""
    tokens = g.input("tokens", np.int32, ["batch", config.seq_len])
    if not config.puzzle_width:
        return tokens, None
    size = ["batch", config.puzzle_width]
    return tokens, g.input("puzzle_vectors", np.float32, size)
