"""Whom each token sees, and where it stands: what a block's attention is handed in.

On a board all tokens see each other, or what the scopes of their head let them see. In
a text a token of the prompt sees the whole prompt, one of the answer the prompt and
what comes before it (prefix-LM); or each token sees what comes before it alone. Of
several examples in a row each sees itself alone, and counts its positions from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int, Int32

from data_pipeline.schema import AnyLayout, BoardShape
from hrm_jax.models import scopes, tensor_parallel
from hrm_jax.models.config import ReasonerConfig
from kernels.attention import attention

Attend = Callable[[Array, Array, Array, Array | None], Array]
"""From queries, keys and values `[R T N K]`, and the logits of a gate or None, to what
is mixed, of the same shape."""

Pool = Callable[[Array], Array]
"""From a state `[R T D]` to its mean over the tokens that each token sees: `[R T D]`,
or `[R 1 D]` where all see the same."""


class Sight(NamedTuple):
    """Whom each token sees: how attention mixes them, and their mean."""

    attend: Attend
    pool: Pool


PARTITION = tensor_parallel.ROWS, tensor_parallel.AXIS


def rotary_tables(
    length: int, head_width: int, theta: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines `[length, head_width]` of rotary positions (arXiv:2104.09864).

    The two halves of a head hold the pairs ("rotate half"), so each table repeats.
    """
    exponents = np.arange(0, head_width, 2, dtype=np.float32) / np.float32(head_width)
    angles = np.outer(np.arange(length, dtype=np.float32), 1.0 / theta**exponents)
    angles = np.concatenate([angles, angles], axis=-1).astype(np.float32)
    return np.cos(angles), np.sin(angles)


def rotate(
    x: Float[Array, "B T N K"],
    cos: Float[Array | np.ndarray, "#B T K"],
    sin: Float[Array | np.ndarray, "#B T K"],
) -> Float[Array, "B T N K"]:
    """Turns each head's pairs by their position's angle, in float32."""
    x32 = x.astype(jnp.float32)
    first, second = jnp.split(x32, 2, axis=-1)
    turned = jnp.concatenate([-second, first], axis=-1)
    return (x32 * cos[:, :, None] + turned * sin[:, :, None]).astype(x.dtype)


def position_tables(
    config: ReasonerConfig, positions: Int[Array, "B T"]
) -> tuple[Float[Array, "B T K"], Float[Array, "B T K"]]:
    """Rotary tables of tokens that stand anywhere."""
    head_width = config.width // config.num_heads
    tables = rotary_tables(config.tokens, head_width, config.rotary_theta)
    cos, sin = (jnp.asarray(table)[positions] for table in tables)
    return cos, sin


def on_board(config: ReasonerConfig) -> Sight:
    """What a puzzle sees; the mean is over all of it, whatever its heads see."""
    head_width = config.width // config.num_heads
    tables = None
    if config.positions == "rotary":
        cos, sin = rotary_tables(config.tokens, head_width, config.rotary_theta)
        tables = cos[None], sin[None]
    board = BoardShape(config.box_rows, config.box_cols)
    seen = scopes.attention_mask(
        config.attention_scopes, config.num_heads, board, config.prefix_len
    )

    def attend(q: Array, k: Array, v: Array, gate: Array | None) -> Array:
        if tables is not None:
            q, k = rotate(q, *tables), rotate(k, *tables)
        mask = None if seen is None else jnp.asarray(seen)
        return attention(q, k, v, mask=mask, gate=gate, partition=PARTITION)

    def pool(z: Array) -> Array:
        return z.mean(1, keepdims=True, dtype=jnp.float32).astype(z.dtype)

    return Sight(attend, pool)


def in_text(config: ReasonerConfig, layout: AnyLayout) -> Sight:
    """What rows of text see."""
    tables = None
    if config.positions == "rotary":
        tables = position_tables(config, positions_of(layout.segments))
    prompt = layout.prompt if config.visibility == "prefix" else None

    def attend(q: Array, k: Array, v: Array, gate: Array | None) -> Array:
        if tables is not None:
            q, k = rotate(q, *tables), rotate(k, *tables)
        return attention(
            q,
            k,
            v,
            causal=True,
            prompt=prompt,
            segment_ids=layout.segments,
            gate=gate,
            partition=PARTITION,
        )

    def pool(z: Array) -> Array:
        return running_mean(z, layout.segments, prompt)

    return Sight(attend, pool)


def positions_of(segments: Int[Array, "B S"]) -> Int32[Array, "B S"]:
    """Where each token stands in its example."""
    places = jnp.broadcast_to(jnp.arange(segments.shape[1])[None], segments.shape)
    before = jnp.pad(segments[:, :-1], ((0, 0), (1, 0)), constant_values=-1)
    starts = jnp.where(segments != before, places, 0)
    return (places - jax.lax.cummax(starts, axis=1)).astype(jnp.int32)


def running_mean(
    z: Float[Array, "B S D"],
    segments: Int[Array, "B S"],
    prompt: Bool[Array, "B S"] | None,
) -> Float[Array, "B S D"]:
    """The mean of each token's own example up to the token, summed up in float32.

    Of those of a prompt, up to its end. A sum never runs from one example into the next
    to be subtracted again, so that what a token must not see has no gradient at all.

    Args:
      prompt: tokens that see the whole prompt; None where no token sees a later one.
    """
    positions = positions_of(segments)

    def add(before: tuple[Array, Array], after: tuple[Array, Array]):
        (first, total), (begins, more) = before, after
        return first | begins, jnp.where(begins, more, total + more)

    begins = (positions == 0)[..., None]
    _, sums = jax.lax.associative_scan(add, (begins, z.astype(jnp.float32)), axis=1)
    counts = (positions + 1)[..., None].astype(jnp.float32)
    means = sums / counts
    if prompt is not None:
        goes_on = prompt[:, 1:] & (segments[:, 1:] == segments[:, :-1])
        goes_on = prompt & jnp.pad(goes_on, ((0, 0), (0, 1)))
        places = jnp.broadcast_to(jnp.arange(z.shape[1])[None], segments.shape)
        ends = jnp.where(goes_on, z.shape[1] - 1, places)
        ends = jax.lax.cummin(ends, axis=1, reverse=True)
        means = jnp.take_along_axis(means, ends[..., None], axis=1)
    return means.astype(z.dtype)


def among_symbols(q: Array, k: Array, v: Array, gate: Array | None) -> Array:
    """All see all, without positions."""
    return attention(q, k, v, gate=gate, partition=PARTITION)
