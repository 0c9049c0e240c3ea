"""The truth for `quantized_matmul`: dequantise, then multiply, all in float32."""

import jax
import jax.numpy as jnp
from jax import lax

from kernels.quantized_matmul.formats import Quantized, dequantize


def matmul(x: jax.Array, w: Quantized) -> jax.Array:
    """`x [M K] @ w` in float32 at the highest precision, then in `x`'s dtype."""
    product = jnp.matmul(
        x.astype(jnp.float32), dequantize(w), precision=lax.Precision.HIGHEST
    )
    return product.astype(x.dtype)
