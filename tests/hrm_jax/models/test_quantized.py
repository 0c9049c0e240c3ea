"""A reasoner whose matrices are stored in 8 or 4 bits computes what these stand for."""

import contextlib
import dataclasses
import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import Batch
from hrm_jax import halting, inference, sharding
from hrm_jax.models import cache as caches
from hrm_jax.models import reading, reasoner, tensor_parallel
from kernels import dispatch
from kernels.quantized_matmul import Quantized, dequantize, quantize
from tests.hrm_jax.models import text
from tests.hrm_jax.models.small import draw, init_variables, looped, run_segment, small
from tests.tolerances import RELATIVE, relative_error

ROOMY = {"width": 32, "feed_forward_multiple": 32}  # whole blocks of 32 rows
MODELS = {
    "hierarchical": lambda: small(**ROOMY, h_layers=1),
    "looped": lambda: looped(**ROOMY),
    "equivariant": lambda: small(**ROOMY, equivariant=True),
    # 16 positions, which are no block of 32.
    "mlp": lambda: small(
        **ROOMY, mixer="mlp", prefix_len=16, puzzle_width=32, positions="none"
    ),
    "convolution": lambda: small(**ROOMY, conv_width=2),
}
MIXED = (32, 4, 8)
CASES = (
    ("hierarchical", MIXED, "bfloat16"),
    ("looped", (4,), "float32"),
    ("looped", (8,), "bfloat16"),
    ("mlp", MIXED, "float32"),
)
SLOW = (
    ("hierarchical", (8,), "float32"),
    ("looped", (4,), "bfloat16"),
    ("equivariant", MIXED, "float32"),
    ("convolution", MIXED, "float32"),
)


def stored(variables, bits):
    """The matrices of the blocks in so many bits, in turn; 4 where there are blocks."""
    turn = itertools.cycle(bits)

    def leaf(path, array):
        if not tensor_parallel.is_shared(path):
            return array
        wanted = next(turn)
        if wanted == 32:
            return array
        if wanted == 4 and len(array) % 32 == 0:
            return quantize(array, 4, 32)
        return quantize(array, 8)

    params = jax.tree_util.tree_map_with_path(leaf, variables.params)
    return variables._replace(params=params)


def meant(variables):
    """The floats that the stored numbers stand for."""
    return jax.tree.map(
        lambda leaf: dequantize(leaf) if isinstance(leaf, Quantized) else leaf,
        variables,
        is_leaf=lambda leaf: isinstance(leaf, Quantized),
    )


def quantised(variables) -> list[Quantized]:
    leaves = jax.tree.leaves(variables, is_leaf=lambda x: isinstance(x, Quantized))
    return [leaf for leaf in leaves if isinstance(leaf, Quantized)]


def assert_alike(found, expected, dtype):
    kind = "segment" if dtype == "float32" else dtype

    def close(actual, wanted):
        assert actual.dtype == wanted.dtype
        error = relative_error(actual, wanted)
        assert error <= RELATIVE[kind], error

    jax.tree.map(close, found, expected)


@pytest.mark.parametrize(
    ("name", "bits", "dtype"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)],
)
def test_a_segment_is_that_of_what_is_stored(name, bits, dtype):
    config = dataclasses.replace(MODELS[name](), dtype=dtype)
    variables = init_variables(config, jax.random.key(1))
    quantized = stored(variables, bits)
    latents, inputs, rows = draw(config)
    given = jax.tree.map(lambda z: z.astype(dtype), latents), inputs, rows
    found = run_segment(config, quantized, *given)
    assert_alike(found, run_segment(config, meant(quantized), *given), dtype)
    # Nor is it the model that was quantised.
    other = run_segment(config, variables, *given)
    assert relative_error(found[0].z_h, other[0].z_h) > 3 * RELATIVE["segment"]


def test_the_program_is_handed_what_is_stored_and_nothing_else():
    """Its arguments are the bytes of the package; floats are made of them inside."""
    config = small(**ROOMY, h_layers=1)
    quantized = stored(init_variables(config, jax.random.key(1)), (4,))
    arguments = [leaf.aval for leaf in jax.tree.leaves(quantized)]
    traced = jax.make_jaxpr(functools.partial(reasoner.run_segment, config))(
        quantized, *draw(config)
    )
    assert traced.in_avals[: len(arguments)] == arguments
    packed = [aval for aval in arguments if aval.dtype == jnp.uint8]
    assert len(packed) == len(quantised(quantized)) == 8
    matrices = {leaf.shape for leaf in quantised(quantized)}
    floats = {a.shape for a in arguments if a.dtype == jnp.float32}
    assert not matrices & floats
    assert not any(np.ndim(constant) > 1 for constant in traced.consts)


def test_answers_at_a_fixed_number_of_segments_and_until_halted():
    """With confidence near what is asked for, so that some examples halt early."""
    config = looped(**ROOMY, halt_bias=3.0)
    variables = init_variables(config, jax.random.key(1))
    head = variables.params["halt_head"]
    head["kernel"] = 0.1 * jax.random.normal(jax.random.key(2), head["kernel"].shape)
    quantized = stored(variables, MIXED)
    inputs = draw(config, batch=5)[1]
    batch = Batch(inputs, inputs, jnp.zeros(5, jnp.int32))
    answer = jax.jit(inference.answer, static_argnums=(0, 4))
    until = jax.jit(inference.answer_until_halted, static_argnums=(0, 1, 5))
    sure = np.sort(answer(config, quantized, None, batch, 1).halt_probability)
    rule = halting.HaltingConfig(3, 0.0, float(sure[1:3].mean()), 0.0, False)
    for run in (
        lambda variables: answer(config, variables, None, batch, 3),
        lambda variables: until(config, rule, variables, None, batch, 2),
    ):
        found, expected = run(quantized), run(meant(quantized))
        np.testing.assert_array_equal(found.tokens, expected.tokens)
        np.testing.assert_array_equal(found.segments, expected.segments)
        assert_alike(found.halt_probability, expected.halt_probability, "float32")
    assert len(set(np.asarray(found.segments).tolist())) > 1


def test_text_is_read_whole_and_token_by_token():
    short = {"h_layers": 0, "h_cycles": 1, "l_cycles": 1, "gradient_window": 1}
    config = text.text(**ROOMY, **short)
    quantized = stored(init_variables(config, jax.random.key(1)), MIXED)
    prompts = jnp.asarray([[3, 4, 5, 6], [7, 8, 0, 0]], jnp.int32)
    empty = caches.empty(config, 2, 8, 2)._replace(lengths=jnp.asarray([4, 2]))
    prefill = jax.jit(reading.prefill, static_argnums=(0, 4))
    decode = jax.jit(reading.decode, static_argnums=(0, 4))

    def read(variables):
        first, halt, kept = prefill(config, variables, prompts, empty, 2)
        return first, halt, decode(config, variables, jnp.asarray([9, 9]), kept, 2)

    assert_alike(read(quantized), read(meant(quantized)), "float32")


def test_devices_share_it():
    """Rows, whole heads, and the columns of the numbers with those of their scales."""
    config = small(**ROOMY, h_layers=1)
    mixed = stored(init_variables(config, jax.random.key(1)), MIXED)
    latents, inputs, rows = draw(config, batch=8)
    alone = run_segment(config, mixed, latents, inputs, rows)
    with jax.set_mesh(sharding.make_mesh(2, 2)):
        found = run_segment(config, mixed, latents, inputs, rows)
    assert_alike(found, alone, "float32")


def test_devices_share_it_by_the_product_that_can_be_shared(monkeypatch):
    """Our own kernels of this product cannot be cut up; on one device they are it."""
    config = looped(**ROOMY, dtype="bfloat16")
    quantized = stored(init_variables(config, jax.random.key(1)), (8,))
    run = functools.partial(reasoner.run_segment, config, quantized)
    latents, inputs, rows = draw(config)
    latents = jax.tree.map(lambda z: z.astype(config.dtype), latents)
    monkeypatch.setattr(dispatch, "target", lambda: "gpu")
    eight = jax.set_mesh(sharding.make_mesh(1, 1))
    for devices, name in ((eight, "xla"), (contextlib.nullcontext(), "pallas_gpu")):
        with devices, dispatch.recorded() as picks:
            jax.eval_shape(run, latents, inputs, rows)
        found = {pick.name for pick in picks if pick.op == "quantized_matmul"}
        assert found == {name}


def test_weights_of_another_shape_are_refused():
    config = looped(**ROOMY)
    variables = stored(init_variables(config, jax.random.key(1)), (8,))
    narrow = quantize(jnp.ones((32, 16)), 8)
    variables.params["l_module"]["block_0"]["mlp"]["down"]["kernel"] = narrow
    with pytest.raises(ValueError, match=r"down.*\(32, 16\), not \(64, 32\)"):
        run_segment(config, variables, *draw(config))
