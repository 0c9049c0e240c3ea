"""What one program does: the bodies of the kernels of `flash`.

A reference is a block of an array in a program's memory on a TPU, and a pointer to it
on a GPU, so that nothing is read there before it is asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import pallas as pl

from kernels.attention.masks import LOWEST


class Settings(NamedTuple):
    """Attributes:
    query_block, key_block: positions that a program works on at a time.
    causal: position i sees none after it, except where `Tags.prompt` says so.
    masked: does any row see less than all keys?
    scale: of the scores, 1/sqrt(K) before K was padded.
    scalars: the memory that a program reads single numbers from, None for any.
    pallas: what `pallas_call` is told besides: compiler parameters, interpret.
    """

    query_block: int
    key_block: int
    causal: bool
    masked: bool
    scale: float
    scalars: Any
    pallas: tuple[tuple[str, Any], ...]


def forward(
    settings,
    range_ref,
    query_tag_ref,
    key_tag_ref,
    prompt_ref,
    q_ref,
    k_ref,
    v_ref,
    o_ref,
    lse_ref,
):
    """What one block of R queries gets of all S keys, for one head of one row.

    o = softmax(scale q k^T) v of the keys that each query sees, and
    lse = log sum exp(scale q k^T); zeros and `LOWEST` where it sees none.

    Args:
      range_ref: `[2 blocks]`, for each block of queries the first block of keys to
        walk over, and the end, which is not walked over.
      query_tag_ref: `[R 1]`, segments of the queries; see `flash.Tags`.
      key_tag_ref, prompt_ref: `[1 S]`.
      q_ref: `[R K]`.
      k_ref, v_ref: `[S K]`.
      o_ref: `[R K]`, written.
      lse_ref: `[R 1]`, written.
    """
    i = pl.program_id(2)
    q = q_ref[...]
    tag = query_tag_ref[...]

    def walk(j, state):
        acc, highest, total = state
        keys = pl.ds(j * settings.key_block, settings.key_block)
        scores = _scores(settings, q, k_ref[keys, :])
        sees = _visible(settings, i, j, tag, key_tag_ref[:, keys], prompt_ref[:, keys])
        if sees is not None:
            scores = jnp.where(sees, scores, LOWEST)
        new = jnp.maximum(highest, scores.max(axis=-1, keepdims=True))
        weights = jnp.exp(scores - new)
        if sees is not None:
            weights = jnp.where(sees, weights, 0.0)  # of a row that sees nothing yet
        shrink = jnp.exp(highest - new)
        total = total * shrink + weights.sum(axis=-1, keepdims=True)
        values = v_ref[keys, :]
        return acc * shrink + _dot(weights.astype(values.dtype), values), new, total

    rows = q.shape[0]
    start = (
        jnp.zeros(q.shape, jnp.float32),
        jnp.full((rows, 1), LOWEST, jnp.float32),
        jnp.zeros((rows, 1), jnp.float32),
    )
    first, end = range_ref[0, i], range_ref[1, i]
    acc, highest, total = lax.fori_loop(first, end, walk, start)
    total = jnp.where(
        total == 0.0, 1.0, total
    )  # such a row's sum is zero, its answer too
    o_ref[...] = (acc / total).astype(o_ref.dtype)
    lse_ref[...] = highest + jnp.log(total)


def query_gradient(
    settings,
    range_ref,
    query_tag_ref,
    key_tag_ref,
    prompt_ref,
    q_ref,
    k_ref,
    v_ref,
    dout_ref,
    lse_ref,
    delta_ref,
    dq_ref,
):
    """The gradient of one block of R queries.

    dq = scale (p * (dout v^T - delta)) k, with p = exp(scale q k^T - lse), zero where a
    query does not see a key. The first references are those of `forward`.

    Args:
      dout_ref: `[R K]`, the gradient of o.
      lse_ref: `[R 1]`, of `forward`.
      delta_ref: `[R 1]`, the sum over K of dout times o, minus the gradient of lse.
      dq_ref: `[R K]`, written.
    """
    i = pl.program_id(2)
    q, dout = q_ref[...], dout_ref[...]
    tag, lse, delta = query_tag_ref[...], lse_ref[...], delta_ref[...]

    def walk(j, dq):
        keys = pl.ds(j * settings.key_block, settings.key_block)
        k = k_ref[keys, :]
        sees = _visible(settings, i, j, tag, key_tag_ref[:, keys], prompt_ref[:, keys])
        weights = _weights(settings, q, k, lse, sees)
        dscores = weights * (_dot(dout, v_ref[keys, :], transpose_b=True) - delta)
        return dq + _dot(dscores.astype(k.dtype), k)

    first, end = range_ref[0, i], range_ref[1, i]
    dq = lax.fori_loop(first, end, walk, jnp.zeros(q.shape, jnp.float32))
    dq_ref[...] = (dq * settings.scale).astype(dq_ref.dtype)


def key_gradients(
    settings,
    range_ref,
    query_tag_ref,
    key_tag_ref,
    prompt_ref,
    q_ref,
    k_ref,
    v_ref,
    dout_ref,
    lse_ref,
    delta_ref,
    dk_ref,
    dv_ref,
):
    """The gradients of one block of C keys and values, for one head of queries.

    dk = scale (p * (dout v^T - delta))^T q and dv = p^T dout, with p as in
    `query_gradient`; the program walks over the blocks of all T queries.

    Args:
      range_ref: `[2 blocks]`, for each block of keys the first block of queries, and
        the end.
      query_tag_ref: `[T 1]`.
      key_tag_ref, prompt_ref: `[1 C]`.
      q_ref, dout_ref: `[T K]`.
      k_ref, v_ref: `[C K]`.
      lse_ref, delta_ref: `[T 1]`.
      dk_ref, dv_ref: `[C K]`, written.
    """
    j = pl.program_id(2)
    k, v = k_ref[...], v_ref[...]
    tag, prompt = key_tag_ref[...], prompt_ref[...]

    def walk(i, state):
        dk, dv = state
        rows = pl.ds(i * settings.query_block, settings.query_block)
        q, dout = q_ref[rows, :], dout_ref[rows, :]
        sees = _visible(settings, i, j, query_tag_ref[rows, :], tag, prompt)
        weights = _weights(settings, q, k, lse_ref[rows, :], sees)
        dv = dv + _dot(weights.astype(dout.dtype), dout, transpose_a=True)
        dscores = weights * (_dot(dout, v, transpose_b=True) - delta_ref[rows, :])
        return dk + _dot(dscores.astype(q.dtype), q, transpose_a=True), dv

    first, end = range_ref[0, j], range_ref[1, j]
    zero = jnp.zeros(k.shape, jnp.float32)
    dk, dv = lax.fori_loop(first, end, walk, (zero, zero))
    dk_ref[...] = (dk * settings.scale).astype(dk_ref.dtype)
    dv_ref[...] = dv.astype(dv_ref.dtype)


def _dot(a, b, transpose_a: bool = False, transpose_b: bool = False) -> jax.Array:
    contract = ((0,) if transpose_a else (1,), (1,) if transpose_b else (0,))
    precise = a.dtype == jnp.float32
    return lax.dot_general(
        a,
        b,
        (contract, ((), ())),
        precision=lax.Precision.HIGHEST if precise else None,
        preferred_element_type=jnp.float32,
    )


def _scores(settings: Settings, q, k) -> jax.Array:
    return _dot(q, k, transpose_b=True) * settings.scale


def _weights(settings: Settings, q, k, lse, sees) -> jax.Array:
    weights = jnp.exp(_scores(settings, q, k) - lse)
    return weights if sees is None else jnp.where(sees, weights, 0.0)


def _visible(settings: Settings, i, j, query_tag, key_tag, prompt):
    """bool `[R C]`: which keys of block `j` each query of block `i` sees; None where
    every query sees every key."""
    if not settings.masked:
        return None
    sees = (query_tag == key_tag) & (key_tag > 0)
    if settings.causal:
        rows, columns = settings.query_block, settings.key_block
        row = i * rows + lax.broadcasted_iota(jnp.int32, (rows, columns), 0)
        column = j * columns + lax.broadcasted_iota(jnp.int32, (rows, columns), 1)
        sees &= (column <= row) | (prompt > 0)
    return sees
