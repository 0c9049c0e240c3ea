"""The truth for `matmul`: one line of jnp."""

import jax
import jax.numpy as jnp


def matmul(x: jax.Array, w: jax.Array) -> jax.Array:
    """Returns `x @ w` with operands in `x`'s dtype and a float32 sum."""
    product = jnp.matmul(x.astype(jnp.float32), w.astype(x.dtype).astype(jnp.float32))
    return product.astype(x.dtype)
