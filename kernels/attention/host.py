"""`attention` on a CPU: whole tables of scores in float32, few passes over them."""

import jax
import jax.numpy as jnp
from jax import lax

from kernels.attention.masks import LOWEST, Mask, visible


def attention(q: jax.Array, k: jax.Array, v: jax.Array, mask: Mask) -> jax.Array:
    """As the library's function, which divides each weight and moves each table about.

    Here heads come before positions, so that both products are of matrices as they lie
    in memory, queries are scaled instead of scores, and sums of values are divided
    instead of weights.
    """
    dtype = q.dtype
    q, k, v = (x.astype(jnp.float32) for x in (q, k, v))
    group = q.shape[2] // k.shape[2]
    table = visible(mask, q.shape[1], k.shape[1])
    q = jnp.swapaxes(q * q.shape[-1] ** -0.5, 1, 2)
    k, v = (jnp.repeat(jnp.swapaxes(x, 1, 2), group, axis=1) for x in (k, v))
    scores = q @ jnp.swapaxes(k, 2, 3)
    if table.size > 1:
        scores = scores + jnp.where(table, 0.0, LOWEST)
    highest = lax.stop_gradient(scores.max(axis=-1, keepdims=True))
    # Where nothing is seen, all weights are zero instead of one.
    weights = jnp.exp(scores - jnp.maximum(highest, LOWEST / 2))
    total = weights.sum(axis=-1, keepdims=True)
    mixed = (weights @ v) / jnp.where(total == 0.0, 1.0, total)
    return jnp.swapaxes(mixed, 1, 2).astype(dtype)
