"""Product of activations and quantised weights, 8 or 4 bits each.

| name       | what it is                                  | where it is picked      |
| ---------- | ------------------------------------------- | ----------------------- |
| reference  | plain jnp, float32 at the highest precision | never by itself         |
| xla        | dequantises the matrix, then multiplies     | CPU; from 2,048 rows on |
| pallas_gpu | our kernel through Triton                   | GPU, fewer rows         |
| pallas_tpu | our kernel through Mosaic                   | TPU, fewer rows         |

`kernels.quantized_matmul.formats` says how weights are stored.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import jax
from jaxtyping import Array, Float

from kernels import dispatch
from kernels.quantized_matmul import pallas, reference, xla
from kernels.quantized_matmul.formats import Quantized, check, dequantize, quantize

__all__ = [
    "IMPLEMENTATIONS",
    "Quantized",
    "check",
    "dequantize",
    "differentiable",
    "quantize",
    "quantized_matmul",
]

_MANY_ROWS = 2048
"""From here on, writing the weights out once costs little beside the product itself,
which the platform's own library does better. By count, not by measurement."""

Product = Callable[[jax.Array, Quantized], jax.Array]


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def differentiable(product: Product, x: jax.Array, w: Quantized) -> jax.Array:
    """`product(x, w)` with a gradient for `x [M K]`; the weights are frozen."""
    return product(x, w)


def _forward(product, x, w):
    return product(x, w), w


def _backward(product, w, dout):
    return xla.transposed(dout, w), None


differentiable.defvjp(_forward, _backward)

IMPLEMENTATIONS: dict[str, Product] = {
    "reference": functools.partial(differentiable, reference.matmul),
    "xla": functools.partial(differentiable, xla.matmul),
    "pallas_gpu": functools.partial(differentiable, pallas.gpu),
    "pallas_tpu": functools.partial(differentiable, pallas.tpu),
}

_ORDERS = {
    "cpu": ("xla",),
    "gpu": ("pallas_gpu", "xla"),
    "tpu": ("pallas_tpu", "xla"),
}
"""For few rows; for many it is the other way round."""


def quantized_matmul(
    x: Float[Array, "*B K"], w: Quantized, *, implementation: str | None = None
) -> Float[Array, "*B F"]:
    """Returns `x @ w`, in `x`'s dtype with float32 sums.

    `x` has a gradient, through the weights as they are used; the weights are frozen, so
    theirs and that of their scales is zero. Every implementation but the reference
    rounds a weight, scale times number, to `x`'s dtype.

    Args:
      x: activations, bfloat16 or float32.
      w: what `quantize` returns.
      implementation: a name of the table above, which is then the only one tried.

    Raises:
      ValueError: `w` is not stored as it should be, or does not fit `x`.
      NotImplementedError: the implementation that was asked for cannot do it.
    """
    check(w)
    rows, columns = w.shape
    if w.values.ndim != 2 or x.shape[-1] != rows:
        raise ValueError(
            f"x {x.shape} does not fit weights {w.values.shape[:-2]} {w.shape}."
        )
    flat = x.reshape(math.prod(x.shape[:-1]), rows)
    orders = _ORDERS
    # On a CPU the rows may be a symbol (jax.export), which compares with no number.
    if dispatch.target() != "cpu" and flat.shape[0] >= _MANY_ROWS:
        orders = {platform: names[::-1] for platform, names in _ORDERS.items()}
    out = dispatch.run(
        "quantized_matmul", IMPLEMENTATIONS, orders, implementation, flat, w
    )
    return out.reshape(*x.shape[:-1], columns)
