"""Symbols without names: renaming a board's symbols renames the answer, and no more.

A reasoner that is equivariant keeps a latent for each position *and* each symbol (K of
them: all tokens but the first two, which pad and are blank). Attention over positions
is shared by the symbols, attention over the symbols of a position knows no order, and
all begin from the same vectors: so what the model does commutes with any permutation of
the symbols (SE-RRM, arXiv:2603.02193). In the carry the latents of one example lie
behind each other, `[B K*T D]`, so that nobody outside of the model need know.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int

NAMELESS = 2
"""Tokens that are no symbols, the first ones of the vocabulary."""

KINDS = NAMELESS + 2
"""What a position can be to a symbol: one of the nameless, its place, or another's."""

SCORES = 1 + NAMELESS
"""What the answer head says of each position and symbol."""


def kinds(tokens: Int[Array, "B S"], num_symbols: int) -> Int[Array, "B K S"]:
    """What each position is to each symbol, below `KINDS`."""
    symbols = jnp.arange(NAMELESS, NAMELESS + num_symbols, dtype=tokens.dtype)
    own = tokens[:, None] == symbols[None, :, None]
    nameless = (tokens < NAMELESS)[:, None]
    return jnp.where(nameless, tokens[:, None], jnp.where(own, NAMELESS, NAMELESS + 1))


def logits(scores: Float[Array, "B K S C"]) -> Float[Array, "B S V"]:
    """Over the vocabulary; on the nameless tokens the symbols give their mean."""
    nameless = scores[..., 1:].mean(1)
    return jnp.concatenate([nameless, scores[..., 0].swapaxes(1, 2)], axis=-1)
