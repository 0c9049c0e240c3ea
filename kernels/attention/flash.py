"""FlashAttention (arXiv:2205.14135, 2307.08691) in Pallas: one body for TPU and GPU.

The scores never reach memory: a program holds one block of queries and walks over the
blocks of keys that any of them sees, with a running maximum and sum. The backward pass
computes the scores again, from the logarithm of that sum: once for the gradient of the
queries, once for that of keys and values. Arrays are `[B N T K]` in here, lengths are
multiples of the blocks, and what was added for that is a segment of padding.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jaxtyping import Array, Bool, Float32, Int32

from kernels.attention import bodies
from kernels.attention.bodies import Settings


class Tags(NamedTuple):
    """What masks are made of, block by block.

    Attributes:
      query: segment of each query, 0 for padding.
      key: the same of each key.
      prompt: 1 for a key that causality leaves visible, else 0.
    """

    query: Int32[Array, "B T 1"]
    key: Int32[Array, "B 1 S"]
    prompt: Int32[Array, "B 1 S"]


def attention(
    settings: Settings, tags: Tags, q: jax.Array, k: jax.Array, v: jax.Array
) -> tuple[jax.Array, Float32[Array, "B N T 1"]]:
    """Attention of `q` [B N T K] to `k` and `v` [B M S K], with M a divisor of N.

    Returns:
      The mixed values, as `q`, and the logarithm of the sum of exponentials of each
      row's scores.
    """
    both: Any = _attention(settings, tags, q, k, v)
    return both


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _attention(settings, tags, q, k, v):
    seen = _seen_blocks(settings, tags)
    row, keys = _query_rows(settings, q), _all_keys(q, k)
    return _call(
        settings,
        functools.partial(bodies.forward, settings),
        "attention_forward",
        grid=(*q.shape[:2], q.shape[2] // settings.query_block),
        inputs=_inputs(settings, seen, tags, q, k, v, row, keys),
        outputs=[
            (jax.ShapeDtypeStruct(q.shape, q.dtype), row.block),
            (jax.ShapeDtypeStruct((*q.shape[:3], 1), jnp.float32), row.column),
        ],
    )


def _attention_forward(settings, tags, q, k, v):
    out, log_sum = attention(settings, tags, q, k, v)
    return (out, log_sum), (tags, q, k, v, out, log_sum)


def _attention_backward(settings, residuals, cotangents):
    tags, q, k, v, out, log_sum = residuals
    dout, dlog_sum = cotangents
    # The softmax's own part of the gradient: sum_j p_ij dp_ij = dout_i . out_i. What
    # depends on the logarithm of the sum adds p_ij of its gradient.
    delta = jnp.sum(
        dout.astype(jnp.float32) * out.astype(jnp.float32), axis=-1, keepdims=True
    )
    delta = delta - dlog_sum
    seen = _seen_blocks(settings, tags)
    batch, heads, queries, _ = q.shape
    row, keys = _query_rows(settings, q), _all_keys(q, k)
    (dq,) = _call(
        settings,
        functools.partial(bodies.query_gradient, settings),
        "attention_dq",
        grid=(batch, heads, queries // settings.query_block),
        inputs=[
            *_inputs(settings, seen, tags, q, k, v, row, keys),
            (dout, row.block),
            (log_sum, row.column),
            (delta, row.column),
        ],
        outputs=[(jax.ShapeDtypeStruct(q.shape, q.dtype), row.block)],
    )
    column, rows = _key_rows(settings, q, k), _all_queries(q)
    group = heads // k.shape[1]
    # Each query head has a gradient of its own; those of a group add up afterwards.
    dtype = k.dtype if group == 1 else jnp.float32
    per_head = jax.ShapeDtypeStruct((batch, heads, *k.shape[2:]), dtype)
    dk, dv = _call(
        settings,
        functools.partial(bodies.key_gradients, settings),
        "attention_dkv",
        grid=(batch, heads, k.shape[2] // settings.key_block),
        inputs=[
            *_inputs(settings, seen.swapaxes(1, 2), tags, q, k, v, rows, column),
            (dout, rows.block),
            (log_sum, rows.column),
            (delta, rows.column),
        ],
        outputs=[(per_head, column.out), (per_head, column.out)],
    )
    if group > 1:
        grouped = (batch, k.shape[1], group, *k.shape[2:])
        dk, dv = (x.reshape(grouped).sum(axis=2).astype(k.dtype) for x in (dk, dv))
    return None, dq, dk, dv


_attention.defvjp(_attention_forward, _attention_backward)


def _seen_blocks(settings: Settings, tags: Tags) -> Bool[Array, "B I J"]:
    """May any query of a block see any key of another? Never wrongly no."""
    query = tags.query.reshape(tags.query.shape[0], -1, settings.query_block)
    key = tags.key.reshape(tags.key.shape[0], -1, settings.key_block)
    # Padding has no segment; a block of nothing else gets an empty range.
    least = lambda tag: jnp.where(tag > 0, tag, jnp.iinfo(tag.dtype).max).min(-1)  # noqa: E731
    seen = least(query)[:, :, None] <= key.max(-1)[:, None]
    seen &= least(key)[:, None] <= query.max(-1)[:, :, None]
    if settings.causal:
        last_query = (jnp.arange(query.shape[1]) + 1) * settings.query_block - 1
        first_key = jnp.arange(key.shape[1]) * settings.key_block
        before = first_key[None] <= last_query[:, None]
        prompt = tags.prompt.reshape(key.shape).max(-1) > 0
        seen &= before[None] | prompt[:, None]
    return seen


def _ranges(seen: Bool[Array, "B I J"]) -> Int32[Array, "B 2 I"]:
    """For each of I blocks the first block that it sees, and the end: one behind the
    last."""
    any_seen = seen.any(-1)
    first = jnp.where(any_seen, jnp.argmax(seen, axis=-1), 0)
    behind = jnp.where(any_seen, seen.shape[-1] - jnp.argmax(seen[..., ::-1], -1), 0)
    return jnp.stack([first, behind], axis=1).astype(jnp.int32)


class _Specs(NamedTuple):
    """How a program sees the arrays of one kind of position, in grid (B, N, block)."""

    block: pl.BlockSpec
    tag: pl.BlockSpec
    column: pl.BlockSpec | None = None
    out: pl.BlockSpec | None = None


def _query_rows(settings: Settings, q) -> _Specs:
    rows = settings.query_block
    return _Specs(
        block=pl.BlockSpec(
            (None, None, rows, q.shape[3]), lambda b, n, i: (b, n, i, 0)
        ),
        tag=pl.BlockSpec((None, rows, 1), lambda b, n, i: (b, i, 0)),
        column=pl.BlockSpec((None, None, rows, 1), lambda b, n, i: (b, n, i, 0)),
    )


def _all_queries(q) -> _Specs:
    _, _, rows, width = q.shape
    return _Specs(
        block=pl.BlockSpec((None, None, rows, width), lambda b, n, j: (b, n, 0, 0)),
        tag=pl.BlockSpec((None, rows, 1), lambda b, n, j: (b, 0, 0)),
        column=pl.BlockSpec((None, None, rows, 1), lambda b, n, j: (b, n, 0, 0)),
    )


def _key_rows(settings: Settings, q, k) -> _Specs:
    rows, group = settings.key_block, q.shape[1] // k.shape[1]
    shape = (None, None, rows, k.shape[3])
    return _Specs(
        block=pl.BlockSpec(shape, lambda b, n, j: (b, n // group, j, 0)),
        tag=pl.BlockSpec((None, 1, rows), lambda b, n, j: (b, 0, j)),
        out=pl.BlockSpec(shape, lambda b, n, j: (b, n, j, 0)),
    )


def _all_keys(q, k) -> _Specs:
    group = q.shape[1] // k.shape[1]
    shape = (None, None, *k.shape[2:])
    return _Specs(
        block=pl.BlockSpec(shape, lambda b, n, i: (b, n // group, 0, 0)),
        tag=pl.BlockSpec((None, 1, k.shape[2]), lambda b, n, i: (b, 0, 0)),
    )


def _inputs(
    settings: Settings,
    seen: Bool[Array, "B G W"],
    tags: Tags,
    q: jax.Array,
    k: jax.Array,
    v: jax.Array,
    query_specs: _Specs,
    key_specs: _Specs,
) -> list[tuple[jax.Array, pl.BlockSpec]]:
    """What each kernel reads first, in the order of its references.

    Args:
      seen: by the block that a program holds, the blocks that it walks over.
    """
    ranges = pl.BlockSpec(
        (None, 2, seen.shape[1]),
        lambda b, n, i: (b, 0, 0),
        memory_space=settings.scalars,
    )
    return [
        (_ranges(seen), ranges),
        (tags.query, query_specs.tag),
        (tags.key, key_specs.tag),
        (tags.prompt, key_specs.tag),
        (q, query_specs.block),
        (k, key_specs.block),
        (v, key_specs.block),
    ]


def _call(
    settings: Settings,
    kernel: Callable[..., None],
    name: str,
    grid: tuple[int, ...],
    inputs: list[tuple[Any, Any]],
    outputs: list[tuple[Any, Any]],
) -> Sequence[jax.Array]:
    arrays, in_specs = zip(*inputs, strict=True)
    shapes, out_specs = zip(*outputs, strict=True)
    call = pl.pallas_call(
        kernel,
        name=name,
        grid=grid,
        in_specs=in_specs,
        out_specs=out_specs,
        out_shape=shapes,
        **dict(settings.pallas),
    )
    return call(*arrays)
