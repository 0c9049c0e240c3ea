"""Segments as graphs against the model in JAX."""

import dataclasses
import functools

import jax
import numpy as np
import onnx
import onnxruntime
import pytest

from hrm_jax.export.graphs import segment
from hrm_jax.export.graphs.products import FORMS
from hrm_jax.types import Variables
from tests.hrm_jax.export import drawn
from tests.hrm_jax.export.graphs.rounded import quantized
from tests.hrm_jax.export.graphs.sessions import require_whole_sums, started
from tests.hrm_jax.models import small
from tests.tolerances import assert_close

NAMES = ("logits", "q_halt", "q_continue", "z_h_next", "z_l_next")

# Together they have every choice of a puzzle's model.
MODELS = {
    "wide": small.small(
        width=64,
        num_heads=2,
        feed_forward_multiple=32,
        h_layers=1,
        l_layers=2,
        positions="rotary",
        prefix_len=2,
        puzzle_width=70,
    ),
    "symbols": small.small(
        width=32,
        feed_forward_multiple=32,
        equivariant=True,
        prefix_len=1,
        puzzle_width=7,
        positions="learned",
        h_cycles=1,
        gradient_window=3,
    ),
    "scopes": small.looped(
        attention_scopes=("row", "column", "box", "neighbours"),
        prefix_len=1,
        conv_width=3,
        positions="none",
    ),
    "mlp": small.small(mixer="mlp", prefix_len=15, conv_width=2),
    "mlp of symbols": small.looped(equivariant=True, mixer="mlp", num_heads=2),
    "text's": small.small(
        norm="pre",
        injection="start",
        h_layers=1,
        gated_attention=True,
        tied_embedding=True,
    ),
    "looped from the start": small.looped(norm="pre", injection="start"),
}


def variables(name: str) -> Variables:
    return drawn.variables(MODELS[name])


def expected(name: str, given: Variables):
    config = MODELS[name]
    latents, inputs, rows = examples(name)
    latents, out = small.run_segment(config, given, latents, inputs, rows)
    return out.logits, out.q_halt_logit, out.q_continue_logit, *latents


@functools.cache
def examples(name: str):
    return small.draw(MODELS[name])


def feed(session: onnxruntime.InferenceSession, name: str):
    latents, inputs, rows = examples(name)
    values = {"tokens": inputs, "puzzle_vectors": rows} | latents._asdict()
    asked = {given.name for given in session.get_inputs()}
    assert asked >= {"tokens", "z_h", "z_l"}
    return {key: np.asarray(values[key]) for key in asked}


def run(model: onnx.ModelProto, name: str):
    session = started(model)
    assert [output.name for output in session.get_outputs()] == list(NAMES)
    return session.run(None, feed(session, name))


@pytest.mark.parametrize("name", MODELS)
def test_floats(name):
    given = variables(name)
    model = segment.segment(MODELS[name], given, "standard")
    for got, want, output in zip(
        run(model, name), expected(name, given), NAMES, strict=True
    ):
        assert_close(got, want, "segment", output)


EXACT = [
    (bits, form) for bits in (8, 4, "mixed") for form in FORMS if form != "integer"
]


@pytest.mark.parametrize("bits, form", EXACT)
@pytest.mark.parametrize("name", ["wide", "symbols"])
def test_quantized(name, bits, form):
    given, whole = quantized(variables(name), bits)
    model = segment.segment(MODELS[name], given, form)
    for got, want, output in zip(
        run(model, name), expected(name, whole), NAMES, strict=True
    ):
        assert_close(got, want, "segment", output)


@pytest.mark.parametrize("bits", [8, 4, "mixed"])
def test_activations_of_8_bits_change_little(bits):
    if bits != 4:
        require_whole_sums()
    given, whole = quantized(variables("wide"), bits)
    model = segment.segment(MODELS["wide"], given, "integer")
    kinds = {node.op_type for node in model.graph.node}
    assert ("MatMulInteger" in kinds) == (bits != 4)
    for got, want, output in zip(
        run(model, "wide"), expected("wide", whole), NAMES, strict=True
    ):
        # A model that nobody has trained amplifies what is rounded.
        error = np.sqrt(np.square(got - want).mean() / np.square(want).mean())
        assert 1e-3 < error < 1e-1, (output, error)


def test_half_the_bytes():
    given = variables("wide")
    whole = segment.segment(MODELS["wide"], given, "standard")
    half = segment.segment(MODELS["wide"], given, "standard", np.float16)
    assert half.ByteSize() < 0.7 * whole.ByteSize()
    rounded = jax.tree.map(
        lambda leaf: leaf.astype(np.float16).astype(np.float32), given
    )
    for got, want in zip(run(half, "wide"), expected("wide", rounded), strict=True):
        assert_close(got, want, "segment")


def test_a_weight_is_stored_once():
    """Whatever the calls."""
    given = variables("wide")
    longer = dataclasses.replace(
        MODELS["wide"], h_cycles=4, l_cycles=5, gradient_window=1
    )
    sizes = [
        sum(len(weight.raw_data) for weight in graph.graph.initializer)
        for graph in (
            segment.segment(config, given, "standard")
            for config in (MODELS["wide"], longer)
        )
    ]
    assert sizes[0] == sizes[1]
    weights = sum(leaf.nbytes for leaf in jax.tree.leaves(given.params))
    assert weights < sizes[0] < 1.2 * weights
