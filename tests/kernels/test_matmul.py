"""The contract of `kernels.matmul`: the reference's values, unrounded gradients."""

import jax
import jax.numpy as jnp
import pytest

from kernels.matmul import matmul, reference
from tests.tolerances import assert_close

DTYPES = ("float32", "bfloat16")


def operands(rows, inner, columns, dtype):
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (*rows, inner), jnp.float32).astype(dtype)
    w = jax.random.normal(keys[1], (inner, columns), jnp.float32)
    dout = jax.random.normal(keys[2], (*rows, columns), jnp.float32).astype(dtype)
    return x, w, dout


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [(), (1,), (4,), (3, 5)])
def test_value_is_the_reference(dtype, rows):
    x, w, _ = operands(rows, 33, 7, dtype)
    out = matmul(x, w)
    assert out.dtype == x.dtype
    assert_close(out, reference.matmul(x, w), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [(), (4,), (3, 5)])
def test_gradients(dtype, rows):
    x, w, dout = operands(rows, 33, 7, dtype)
    dx, dw = jax.vjp(matmul, x, w)[1](dout)
    # The reference gradient: exact products of the rounded operands, in float32.
    exact = [a.astype(jnp.float32) for a in (x, w.astype(dtype), dout)]
    expected_dx, expected_dw = jax.vjp(jnp.matmul, *exact[:2])[1](exact[2])
    assert dx.dtype == x.dtype and dw.dtype == w.dtype
    assert_close(dx, expected_dx, dtype)
    # Never rounded to x's dtype on the way, hence float32's tolerance.
    assert_close(dw, expected_dw, "float32")


def test_works_under_jit_and_vmap():
    x, w, _ = operands((3, 4), 8, 5, "float32")
    together = jax.jit(jax.vmap(matmul, in_axes=(0, None)))(x, w)
    assert_close(together, reference.matmul(x, w), "float32")
