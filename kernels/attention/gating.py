"""A gate on what attention mixes (arXiv:2505.06708)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def gated(
    mixed: Float[Array, "..."], gate: Float[Array, "..."] | None
) -> Float[Array, "..."]:
    """Multiplied by the sigmoid of a gate's logits, channel by channel, in float32."""
    if gate is None:
        return mixed
    opened = mixed.astype(jnp.float32) * jax.nn.sigmoid(gate.astype(jnp.float32))
    return opened.astype(mixed.dtype)
