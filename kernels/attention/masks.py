"""Who sees whom."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int32

LOWEST = -1e30
"""Below every score, as minus infinity is; but inf - inf would be NaN."""


class Mask(NamedTuple):
    """Position i sees position j where every part that is given allows it.

    Attributes:
      causal: j is not after i, or belongs to the prompt.
      prompt: positions that the causal part leaves visible to all.
      query_segment_ids: the packed example that a position belongs to, from 1; 0 is
        padding, which sees nothing.
      key_segment_ids: i and j are of one segment, and not padding.
      dense: any rule beside these, for each head.
    """

    causal: bool = False
    prompt: Bool[Array, "B S"] | None = None
    query_segment_ids: Int32[Array, "B T"] | None = None
    key_segment_ids: Int32[Array, "B S"] | None = None
    dense: Bool[Array, "N T S"] | None = None

    @property
    def is_simple(self) -> bool:
        """Is it bidirectional or causal, and nothing else?"""
        return (
            self.prompt is None and self.key_segment_ids is None and self.dense is None
        )


def visible(mask: Mask, queries: int, keys: int) -> Bool[Array, "#B #N #T #S"]:
    """The whole table, as broadcast as it can be."""
    table = jnp.ones((1, 1, 1, 1), bool)
    if mask.causal:
        not_after = jnp.arange(keys)[None] <= jnp.arange(queries)[:, None]
        table = not_after[None, None]
        if mask.prompt is not None:
            table = table | mask.prompt[:, None, None]
    if mask.query_segment_ids is not None and mask.key_segment_ids is not None:
        query = mask.query_segment_ids[:, None, :, None]
        key = mask.key_segment_ids[:, None, None, :]
        table = table & (query == key) & (key > 0)
    if mask.dense is not None:
        table = table & mask.dense[None]
    return table


def segment_ids_or_ones(
    segment_ids: jax.Array | None, batch: int, length: int
) -> Int32[Array, "B T"]:
    """Segments, all one where there are none."""
    if segment_ids is None:
        return jnp.ones((batch, length), jnp.int32)
    return segment_ids.astype(jnp.int32)
