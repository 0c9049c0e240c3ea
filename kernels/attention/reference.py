"""The truth for `attention`: plain jnp in float32 at the highest precision."""

import jax
import jax.numpy as jnp
from jax import lax

from kernels.attention.masks import LOWEST, Mask, visible


def attention(q: jax.Array, k: jax.Array, v: jax.Array, mask: Mask) -> jax.Array:
    """softmax(q k^T / sqrt(K)) v over what a row sees; zero where that is nothing."""
    group = q.shape[2] // k.shape[2]
    k, v = (jnp.repeat(x.astype(jnp.float32), group, axis=2) for x in (k, v))
    scores = jnp.einsum(
        "btnk,bsnk->bnts", q.astype(jnp.float32), k, precision=lax.Precision.HIGHEST
    )
    scores = scores / jnp.sqrt(jnp.float32(q.shape[-1]))
    table = jnp.broadcast_to(visible(mask, q.shape[1], k.shape[1]), scores.shape)
    highest = jnp.max(scores, axis=-1, keepdims=True, initial=LOWEST, where=table)
    weights = jnp.exp(jnp.where(table, scores - lax.stop_gradient(highest), -jnp.inf))
    total = weights.sum(axis=-1, keepdims=True)
    weights = weights / jnp.where(total == 0.0, 1.0, total)
    mixed = jnp.einsum("bnts,bsnk->btnk", weights, v, precision=lax.Precision.HIGHEST)
    return mixed.astype(q.dtype)
