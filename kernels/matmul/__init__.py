"""Matrix product with float32 sums, forward and backward.

XLA's CPU backend sends a bfloat16 product to its fast path only when the result is
asked for in float32; JAX's own transpose of such a product mixes a float32 cotangent
with a bfloat16 operand and leaves that path again. So both directions are written out.
On a GPU and a TPU float32 sums are what the hardware does anyway.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

__all__ = ["matmul"]


def _dot(a: jax.Array, b: jax.Array, contract: tuple, dtype: jnp.dtype) -> jax.Array:
    product = lax.dot_general(
        a, b, (contract, ((), ())), preferred_element_type=jnp.float32
    )
    return product.astype(dtype)


@jax.custom_vjp
def matmul(x: Float[Array, "*B K"], w: Float[Array, "K F"]) -> Float[Array, "*B F"]:
    """Returns `x @ w`, computed in `x`'s dtype with float32 sums.

    Args:
      x: activations.
      w: weights, usually float32 masters; rounded to `x.dtype` on use.

    Returns:
      The product in `x.dtype`. The gradient of `w` has `w`'s dtype and is never rounded
      to `x.dtype` on its way, so that several uses of one weight add up in float32.
    """
    return _dot(x, w.astype(x.dtype), ((x.ndim - 1,), (0,)), x.dtype)


def _forward(x, w):
    return matmul(x, w), (x, w)


def _backward(residuals, dout):
    x, w = residuals
    dx = _dot(dout, w.astype(x.dtype), ((dout.ndim - 1,), (1,)), x.dtype)
    rows = tuple(range(x.ndim - 1))
    dw = _dot(x, dout, (rows, rows), w.dtype)
    return dx, dw


matmul.defvjp(_forward, _backward)
