"""Which token comes next."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Float32, Int32, UInt32


def sample(
    logits: Float[Array, "B V"],
    temperature: Float32[Array, " B"],
    top_p: Float32[Array, " B"],
    seeds: UInt32[Array, " B"],
    places: Int32[Array, " B"],
    allowed: Bool[Array, "B V"] | Float32[Array, "B V"] | None = None,
) -> Int32[Array, " B"]:
    """A token for each row; what it draws depends on its seed and place alone.

    Args:
      temperature: 0 takes the most probable token.
      top_p: share of the probability that is drawn from: the most probable tokens that
        have it together (nucleus sampling, arXiv:1904.09751).
      seeds, places: of each row's draw.
      allowed: tokens that come into question, or what share of each one's probability
        does; None for all.
    """
    logits = logits.astype(jnp.float32)
    shares = jnp.float32(0)
    if allowed is not None:
        shares = jnp.log(allowed.astype(jnp.float32))
    best = (logits + shares).argmax(-1).astype(jnp.int32)

    def draw() -> Array:
        scaled = logits / jnp.maximum(temperature, 1e-6)[:, None] + shares
        # Sorting the vocabulary costs as much as a small model.
        kept = jax.lax.cond(
            (top_p < 1).any(),
            lambda: jnp.where(_nucleus(scaled, top_p), scaled, -jnp.inf),
            lambda: scaled,
        )

        def one(seed: Array, place: Array, row: Array) -> Array:
            key = jax.random.fold_in(jax.random.key(seed), place)
            return jax.random.categorical(key, row)

        drawn = jax.vmap(one)(seeds, places, kept).astype(jnp.int32)
        return jnp.where(temperature > 0, drawn, best)

    return jax.lax.cond((temperature > 0).any(), draw, lambda: best)


def _nucleus(
    logits: Float32[Array, "B V"], top_p: Float32[Array, " B"]
) -> Bool[Array, "B V"]:
    """The smallest set of most probable tokens whose probabilities reach `top_p`."""
    probabilities = jax.nn.softmax(logits, axis=-1)
    order = jnp.argsort(-probabilities, axis=-1)
    ordered = jnp.take_along_axis(probabilities, order, axis=-1)
    before = jnp.cumsum(ordered, axis=-1) - ordered
    # The first stays whatever `top_p` is; and all where it is 1, sums being rounded.
    kept = (before < top_p[:, None]).at[:, 0].set(True) | (top_p >= 1)[:, None]
    return jnp.put_along_axis(jnp.zeros_like(kept), order, kept, axis=-1, inplace=False)
