"""Segments as graphs against the model in JAX."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
import pytest

from hrm_jax.export import matrices
from hrm_jax.export.graphs import segment
from hrm_jax.export.graphs.products import FORMS
from hrm_jax.types import Variables
from kernels import quantized_matmul
from tests.hrm_jax.export.graphs.sessions import started
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


@functools.cache
def variables(name: str) -> Variables:
    """With halting heads and biases that say something, which begin as zeros."""
    drawn = small.init_variables(MODELS[name], jax.random.key(0))
    rng = np.random.default_rng(0)

    def stirred(path, leaf):
        names = [part.key for part in path]
        if "halt_head" in names or "bias" in names or "taps" in names:
            return rng.standard_normal(leaf.shape).astype(np.float32)
        return np.array(leaf)

    params = jax.tree_util.tree_map_with_path(stirred, drawn.params)
    return Variables(params, jax.tree.map(np.array, drawn.constants))


def quantized(given: Variables, bits: int | str) -> Variables:
    """Of "mixed" bits, every other matrix has 4, where its rows allow it."""
    if bits == 32:
        return given
    made = {}
    for i, (name, matrix) in enumerate(matrices.of(given.params).items()):
        own = [8, 4][i % 2] if bits == "mixed" else bits
        if own == 4 and len(matrix) % 32:
            own = 8
        block = 32 if own == 4 else None
        made[name] = quantized_matmul.quantize(jnp.asarray(matrix), own, block)
    return matrices.replaced(given, made)


def expected(name: str, given: Variables, batch: int):
    config = MODELS[name]
    latents, inputs, rows = small.draw(config, batch=batch)
    whole = matrices.dequantized(given)
    latents, out = small.run_segment(config, whole, latents, inputs, rows)
    return out.logits, out.q_halt_logit, out.q_continue_logit, *latents


def feed(session: onnxruntime.InferenceSession, name: str, batch: int):
    latents, inputs, rows = small.draw(MODELS[name], batch=batch)
    values = {"tokens": inputs, "puzzle_vectors": rows} | latents._asdict()
    asked = {given.name for given in session.get_inputs()}
    assert asked >= {"tokens", "z_h", "z_l"}
    return {key: np.asarray(values[key]) for key in asked}


def run(model: onnx.ModelProto, name: str, batch: int):
    session = started(model)
    assert [output.name for output in session.get_outputs()] == list(NAMES)
    return session.run(None, feed(session, name, batch))


@pytest.mark.parametrize("name", MODELS)
def test_floats(name):
    given = variables(name)
    model = segment.segment(MODELS[name], given, "standard")
    for got, want, output in zip(
        run(model, name, 3), expected(name, given, 3), NAMES, strict=True
    ):
        assert_close(got, want, "segment", output)


EXACT = [
    (bits, form)
    for bits in (8, 4, "mixed")
    for form in FORMS
    if form != "integer" or bits == 4
]


@pytest.mark.parametrize("bits, form", EXACT)
@pytest.mark.parametrize("name", ["wide", "symbols"])
def test_quantized(name, bits, form):
    given = quantized(variables(name), bits)
    model = segment.segment(MODELS[name], given, form)
    for got, want, output in zip(
        run(model, name, 2), expected(name, given, 2), NAMES, strict=True
    ):
        assert_close(got, want, "segment", output)


@pytest.mark.parametrize("bits", [8, "mixed"])
def test_activations_of_8_bits_change_little(bits):
    given = quantized(variables("wide"), bits)
    model = segment.segment(MODELS["wide"], given, "integer")
    kinds = {node.op_type for node in model.graph.node}
    assert "MatMulInteger" in kinds
    for got, want, output in zip(
        run(model, "wide", 2), expected("wide", given, 2), NAMES, strict=True
    ):
        # A model that nobody has trained amplifies what is rounded.
        error = np.sqrt(np.square(got - want).mean() / np.square(want).mean())
        assert 1e-3 < error < 8e-2, (output, error)


def test_half_the_bytes():
    given = variables("wide")
    whole = segment.segment(MODELS["wide"], given, "standard")
    half = segment.segment(MODELS["wide"], given, "standard", np.float16)
    assert half.ByteSize() < 0.7 * whole.ByteSize()
    rounded = jax.tree.map(
        lambda leaf: leaf.astype(np.float16).astype(np.float32), given
    )
    for got, want in zip(
        run(half, "wide", 2), expected("wide", rounded, 2), strict=True
    ):
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
