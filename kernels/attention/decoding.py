"""One new token against a cache.

All time goes into reading the cache: 2 S M K numbers a row for 4 S N K operations, far
below what any device computes meanwhile. So the cache has the layout that is read
without a copy, a group's query heads share one reading of their keys, and what lies
behind a row's length is not read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from kernels import dispatch
from kernels.attention import pallas, reference
from kernels.attention.gating import gated
from kernels.attention.masks import LOWEST, Mask

_PIECE = 256
"""What the kernels read a cache by: a GPU's program reads one piece, so that there are
enough of them even for a single row."""

_ORDERS = {
    "cpu": ("xla",),
    "gpu": ("pallas_gpu", "xla"),
    "tpu": ("pallas_tpu", "xla"),
}


def decode(
    q: Float[Array, "B N K"],
    keys: Float[Array, "B M S K"],
    values: Float[Array, "B M S K"],
    lengths: Int[Array, " B"],
    *,
    gate: Float[Array, "B N K"] | None = None,
    implementation: str | None = None,
) -> Float[Array, "B N K"]:
    """Attention of one query a row to the first `lengths` positions of its cache.

    A row of length 0 gets zeros. Each of the M heads of the cache serves N / M query
    heads.

    Args:
      keys, values: the cache, heads before positions.
      lengths: positions that are filled.
      gate: logits of a gate on the result (`gating.py`).
      implementation: "reference", "xla", "pallas_gpu" or "pallas_tpu", and no other.

    Raises:
      ValueError: the shapes do not fit each other.
      NotImplementedError: the implementation that was asked for cannot do it.
    """
    (batch, heads, width), (_, shared, positions, _) = q.shape, keys.shape
    expected = (batch, shared, positions, width)
    if keys.shape != expected or values.shape != expected or heads % shared:
        raise ValueError(
            f"q {q.shape}, keys {keys.shape} and values {values.shape} do not fit."
        )
    # The query heads of a group become the rows of one attention.
    rows = q.reshape(batch, shared, heads // shared, width)
    filled = (jnp.arange(positions)[None] < lengths[:, None]).astype(jnp.int32)
    out = dispatch.run(
        "decode",
        IMPLEMENTATIONS,
        _ORDERS,
        implementation,
        rows,
        keys,
        values,
        filled,
    )
    return gated(out.reshape(q.shape), gate)


def _mask(q, filled) -> Mask:
    """All rows are of the segment of what is filled."""
    return Mask(
        query_segment_ids=jnp.ones(q.shape[::2], jnp.int32), key_segment_ids=filled
    )


def _reference(q, k, v, filled) -> jax.Array:
    mask = _mask(q, filled)
    q, k, v = (x.swapaxes(1, 2) for x in (q, k, v))
    return reference.attention(q, k, v, mask).swapaxes(1, 2)


def _xla(q, k, v, filled) -> jax.Array:
    filled = filled[:, None, None] > 0
    scores = jnp.einsum("bmgk,bmsk->bmgs", q, k, preferred_element_type=jnp.float32)
    scores = jnp.where(filled, scores * q.shape[-1] ** -0.5, LOWEST)
    weights = jnp.where(filled, jax.nn.softmax(scores, axis=-1), 0.0).astype(v.dtype)
    mixed = jnp.einsum(
        "bmgs,bmsk->bmgk", weights, v, preferred_element_type=jnp.float32
    )
    return mixed.astype(q.dtype)


def _whole_cache(q, k, v, filled, **kwargs: Any) -> jax.Array:
    """The TPU's kernel; a program walks over a whole row of the cache."""
    _require_multiple(k, _PIECE)
    return pallas.tpu(q, k, v, _mask(q, filled), **kwargs)[0]


def _in_pieces(q, k, v, filled, **kwargs: Any) -> jax.Array:
    """The GPU's kernel over pieces of the cache; their answers are then weighted."""
    _require_multiple(k, _PIECE)
    batch, shared, positions, width = k.shape
    pieces = positions // _PIECE
    k, v = (x.reshape(batch, shared, pieces, _PIECE, width) for x in (k, v))
    filled = filled.reshape(batch, pieces, _PIECE)

    def piece(k, v, filled):
        return pallas.gpu(q, k, v, _mask(q, filled), **kwargs)

    parts, log_sums = jax.vmap(piece, (2, 2, 1))(k, v, filled)
    shares = jax.nn.softmax(log_sums, axis=0)[..., None]
    return jnp.sum(parts.astype(jnp.float32) * shares, axis=0).astype(q.dtype)


def _require_multiple(k: jax.Array, of: int) -> None:
    # Padding the cache would copy it, at each token.
    if k.shape[2] % of:
        raise NotImplementedError(
            f"a cache of {k.shape[2]} positions, which is no multiple of {of}"
        )


IMPLEMENTATIONS: dict[str, Callable[..., jax.Array]] = {
    "reference": _reference,
    "xla": _xla,
    "pallas_gpu": _in_pieces,
    "pallas_tpu": _whole_cache,
}
