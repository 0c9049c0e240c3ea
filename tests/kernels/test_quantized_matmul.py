"""The contract of `kernels.quantized_matmul`, which every implementation passes.

On a CPU our kernels run in Pallas's interpreters, under JAX_PLATFORMS=cuda or tpu that
platform's own runs on the device.
"""

import contextlib
import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.pallas import tpu as pltpu

from bench import shapes
from kernels import dispatch
from kernels.quantized_matmul import (
    Quantized,
    check,
    dequantize,
    differentiable,
    formats,
    pallas,
    quantize,
    quantized_matmul,
    reference,
    xla,
)
from tests.kernels.described import PLATFORMS, on
from tests.tolerances import assert_product_close

PLATFORM = dispatch.target()
PRODUCTS = {"xla": xla.matmul}
if PLATFORM == "cpu":
    PRODUCTS["gpu, interpreted"] = functools.partial(pallas.gpu, interpret=True)
    PRODUCTS["tpu, interpreted"] = functools.partial(pallas.tpu, interpret=True)
    # Memory, transfers and what lies beyond an end as on a TPU.
    semantics = pltpu.InterpretParams()
    PRODUCTS["tpu, simulated"] = functools.partial(pallas.tpu, interpret=semantics)
else:
    PRODUCTS[PLATFORM] = getattr(pallas, PLATFORM)

# Sizes that no tile divides, and several chunks of K.
CASES = (
    ("float32", (8, None, "float32"), (5, 75, 11)),
    ("bfloat16", (8, None, "bfloat16"), (1, 128, 513)),
    ("bfloat16", (4, 32, "bfloat16"), (3, 96, 11)),
    ("float32", (4, 64, "float32"), (13, 192, 45)),
    ("bfloat16", (4, 128, "float32"), (82, 1536, 65)),
)


def shapes_of(bits, block, scale_dtype, inner, columns, stack=()) -> Quantized:
    rows, dtype = (inner, jnp.int8) if bits == 8 else (inner // 2, jnp.uint8)
    values, scales = (rows, columns), (inner // block if block else 1, columns)
    return jax.eval_shape(
        lambda: Quantized(
            jnp.zeros(stack + values, dtype), jnp.zeros(stack + scales, scale_dtype)
        )
    )


def stored(*form, stack=()) -> Quantized:
    """Every code there is, the extreme ones included, and a column of scale 0."""
    shapes, random = shapes_of(*form, stack=stack), np.random.default_rng(1)
    codes = random.integers(0, 256, shapes.values.shape, np.uint8)
    scales = random.uniform(0.5, 1, shapes.scales.shape)
    scales[..., 0] = 0
    return Quantized(
        jnp.asarray(codes.view(shapes.values.dtype)),
        jnp.asarray(scales.astype(shapes.scales.dtype)),
    )


def normal(seed, shape, dtype) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape).astype(dtype))


@jax.jit
def exact(x, w):
    return reference.matmul(x.astype(jnp.float32), w)


@functools.cache
def contract(dtype, form, sizes):
    """Operands, and the reference's value and gradient in float32."""
    rows, inner, columns = sizes
    w = stored(*form, inner, columns)
    x, dout = normal(0, (rows, inner), dtype), normal(2, (rows, columns), dtype)

    @jax.jit
    def both(x, w, dout):
        out, pull = jax.vjp(lambda x: reference.matmul(x, w), x)
        return out, pull(dout)[0]

    return x, w, dout, both(x.astype(jnp.float32), w, dout.astype(jnp.float32))


@pytest.mark.device
@pytest.mark.parametrize(
    "name, case",
    [
        (name, case)
        for name in PRODUCTS
        for case in (CASES if "simulated" not in name else CASES[2:3])
    ],
)
def test_values_and_gradient_are_the_references(name, case):
    x, w, dout, expected = contract(*case)

    @jax.jit
    def both(x, w, dout):
        product = functools.partial(differentiable, PRODUCTS[name])
        out, pull = jax.vjp(lambda x: product(x, w), x)
        return out, pull(dout)[0]

    with jax.default_matmul_precision("highest"):
        out, dx = both(x, w, dout)
        again = both(x, w, dout)
    assert out.dtype == dx.dtype == x.dtype
    assert_product_close(out, expected[0], case[0], x.shape[1])
    assert_product_close(dx, expected[1], case[0], dout.shape[1])
    assert not np.asarray(out)[:, 0].any()
    assert all(np.array_equal(a, b) for a, b in zip((out, dx), again, strict=True))


@pytest.mark.device
# JAX's own simulation of a TPU cannot run a kernel under vmap.
@pytest.mark.parametrize("name", [n for n in PRODUCTS if "simulated" not in n])
def test_works_under_vmap(name):
    w = stored(4, 32, "float32", 64, 7, stack=(2,))
    x = normal(0, (2, 3, 64), "bfloat16")
    out = jax.jit(jax.vmap(functools.partial(differentiable, PRODUCTS[name])))(x, w)
    for each in range(2):
        one = jax.tree.map(lambda leaf, each=each: leaf[each], w)
        assert_product_close(out[each], exact(x[each], one), "bfloat16", 64)


@pytest.mark.device
@pytest.mark.skipif(PLATFORM == "tpu", reason="K is split on a GPU alone")
def test_long_sums_are_split_among_programs():
    name = next(name for name in PRODUCTS if name.startswith("gpu"))
    w = stored(4, 128, "float32", 8192, 24)
    x = normal(0, (2, 8192), "bfloat16")
    product = jax.jit(PRODUCTS[name])
    assert "f32[4,2,24]" in str(jax.make_jaxpr(product)(x, w))
    assert_product_close(product(x, w), exact(x, w), "bfloat16", 8192)


def test_rows_may_have_any_axes():
    w = stored(8, None, "float32", 12, 5)
    x = normal(0, (2, 3, 12), "float32")
    assert_product_close(quantized_matmul(x, w), exact(x, w), "float32", 12)
    assert quantized_matmul(x[0, 0], w).shape == (5,)


def test_weights_are_frozen():
    w = quantize(normal(1, (12, 5), "float32"), 8)

    def loss(scales, x):
        return quantized_matmul(x, w._replace(scales=scales)).sum()

    x = normal(0, (3, 12), "float32")
    dscales, dx = jax.jit(jax.grad(loss, argnums=(0, 1)))(w.scales, x)
    assert not dscales.any() and dx.any()


@pytest.mark.parametrize("block", [32, 64, 128])
def test_layout_is_that_of_matmul_nbits(block):
    """Read as ONNX Runtime documents it: columns first, low half first, minus 8."""
    w = stored(4, block, "float32", 256, 3)
    packed = np.asarray(w.values).T.reshape(3, 256 // block, block // 2)
    scales = np.asarray(w.scales).T
    weights = np.asarray(dequantize(w))
    for column, row in itertools.product(range(3), range(256)):
        byte = int(packed[column, row // block, row % block // 2])
        number = (byte >> 4 if row % 2 else byte & 15) - 8
        expected = np.float32(number) * scales[column, row // block]
        assert weights[row, column] == expected


@pytest.mark.parametrize(
    "bits, block, scale_dtype",
    [(8, None, "float32"), (4, 32, "bfloat16"), (4, 128, "float32")],
)
def test_quantizing_moves_a_weight_by_half_a_step(bits, block, scale_dtype):
    w = normal(0, (256, 6), "float32").at[:, 0].set(0)
    q = jax.jit(quantize, static_argnums=(1, 2, 3))(w, bits, block, scale_dtype)
    check(q)
    assert q.values.dtype == (jnp.int8 if bits == 8 else jnp.uint8)
    assert q.scales.dtype == scale_dtype
    assert (q.bits, q.shape, q.block) == (bits, (256, 6), block or 256)
    scale_bytes = jnp.dtype(scale_dtype).itemsize * 256 * 6 // (block or 256)
    assert q.nbytes == 256 * 6 * bits // 8 + scale_bytes
    steps = np.repeat(np.asarray(q.scales, np.float32), q.block, axis=0)
    moved = np.abs(np.asarray(dequantize(q) - w))
    # A scale that bfloat16 has rounded down cuts the largest weight of its block.
    cut = 2.0**-8 * np.abs(w) if scale_dtype == "bfloat16" else 1e-6
    assert (moved <= steps / 2 + cut).all()
    assert not np.asarray(dequantize(q))[:, 0].any()


def test_wrong_storage_is_refused():
    w = stored(4, 32, "float32", 64, 5)
    x = normal(0, (2, 64), "float32")
    for wrong, reason in (
        (w._replace(values=w.values.astype(jnp.float32)), "stored as float32"),
        (w._replace(scales=w.scales.astype(jnp.float16)), "Scales are float16"),
        (w._replace(scales=w.scales[:, 1:]), "do not belong"),
        (stored(4, 32, "float32", 96, 5), "does not fit"),
        (stored(4, 32, "float32", 64, 5, stack=(2,)), "does not fit"),
    ):
        with pytest.raises(ValueError, match=reason):
            quantized_matmul(x, wrong)
    for bits, block in ((3, None), (8, 32), (4, None), (4, 16), (4, 128)):
        with pytest.raises(ValueError, match="bits|blocks"):
            quantize(jnp.zeros((64, 5)), bits, block)


@pytest.mark.parametrize(
    "platform, rows, dtype, name",
    [
        ("cpu", 1, "bfloat16", "xla"),
        ("gpu", 656, "bfloat16", "pallas_gpu"),
        ("tpu", 656, "bfloat16", "pallas_tpu"),
        ("gpu", 4096, "bfloat16", "xla"),
        ("gpu", 1, "float16", "xla"),
        ("tpu", 1, "float16", "xla"),
    ],
)
def test_pick_and_fallback_are_recorded(platform, rows, dtype, name):
    x = jax.ShapeDtypeStruct((rows, 64), dtype)
    there = contextlib.nullcontext() if platform == "cpu" else on(platform)
    with there, dispatch.recorded() as picks:
        jax.eval_shape(quantized_matmul, x, shapes_of(4, 32, "bfloat16", 64, 128))
    (pick,) = picks
    assert (pick.platform, pick.name) == (platform, name)
    refused = [(f"pallas_{platform}", "activations in float16")]
    assert list(pick.refused) == (refused if dtype == "float16" else [])


def test_many_rows_of_float32_are_left_to_the_library_of_a_gpu():
    x = jax.ShapeDtypeStruct((17, 64), "float32")
    with on("gpu"), dispatch.recorded() as picks:
        jax.eval_shape(quantized_matmul, x, shapes_of(4, 32, "float32", 64, 128))
    assert picks[0].name == "xla" and "rows of float32" in picks[0].refused[0][1]


def test_too_long_for_vector_memory_falls_back():
    x = jax.ShapeDtypeStruct((656, 1 << 15), "bfloat16")
    with on("tpu"), dispatch.recorded() as picks:
        jax.eval_shape(quantized_matmul, x, shapes_of(4, 32, "bfloat16", 1 << 15, 512))
    assert picks[0].name == "xla" and "vector memory" in picks[0].refused[0][1]


def lower(platform, rows, dtype, bits, block, inner, columns) -> str:
    x = jax.ShapeDtypeStruct((rows, inner), dtype)
    w = shapes_of(bits, block, "bfloat16", inner, columns)
    with on(platform):
        traced = jax.jit(getattr(pallas, platform)).trace(x, w)
        return traced.lower(lowering_platforms=(PLATFORMS[platform],)).as_text()


CALL = {"gpu": "__gpu$xla.gpu.triton", "tpu": "tpu_custom_call"}


@pytest.mark.parametrize("platform", ["gpu", "tpu"])
def test_lowers_for_every_matrix_of_the_presets(platform):
    matrices = shapes.matrices()
    assert {(512, 3072), (1536, 512), (512, 11), (97, 1024)} <= set(matrices)
    for inner, columns in matrices:
        form = (1, "bfloat16", 4, 32) if inner % 32 == 0 else (656, "bfloat16", 8, None)
        assert CALL[platform] in lower(platform, *form, inner, columns)
    assert CALL[platform] in lower(platform, 656, "bfloat16", 8, None, 512, 3072)
    # Over a stack of matrices, too.
    x = jax.ShapeDtypeStruct((2, 5, 512), "bfloat16")
    w = shapes_of(4, 32, "float32", 512, 11, stack=(2,))
    with on(platform):
        traced = jax.jit(jax.vmap(getattr(pallas, platform))).trace(x, w)
        traced.lower(lowering_platforms=(PLATFORMS[platform],))


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["gpu", "tpu"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("rows", [1, 8, 16, 656])
def test_lowers_in_every_form(platform, dtype, rows):
    if (platform, dtype, rows) == ("gpu", "float32", 656):
        pytest.skip("more than 16 rows of float32 are left to the library")
    for inner, columns in shapes.matrices():
        for bits, block in ((8, None), (4, 32), (4, 64), (4, 128)):
            if inner % (block or 1) == 0:
                text = lower(platform, rows, dtype, bits, block, inner, columns)
                assert CALL[platform] in text


def test_blocks_are_the_largest_that_divide():
    found = [formats.format_of(rows, 4, 128) for rows in (512, 192, 96)]
    assert found == [(4, 128), (4, 64), (4, 32)]
    assert formats.format_of(512, 4, 32) == (4, 32)
    assert formats.format_of(97, 4, 128) == formats.format_of(512, 8, 128) == (8, None)
