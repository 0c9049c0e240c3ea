"""`attention` by our own kernels: block sizes and limits of each platform.

Heads come before positions here, as the kernels read them, and beside the answer each
function returns the logarithm of each row's sum of exponentials, by which answers over
parts of the keys can be put together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.pallas import tpu as pltpu
from jax.experimental.pallas import triton
from jaxtyping import Array, Float, Float32

from kernels.attention import flash
from kernels.attention.masks import Mask, segment_ids_or_ones

_TPU_LONGEST = 4096
"""Positions whose keys, values and gradients fit into a core's vector memory."""


def gpu(
    q: Float[Array, "B N T K"],
    k: Float[Array, "B M S K"],
    v: Float[Array, "B M S K"],
    mask: Mask,
    interpret: Any = False,
) -> tuple[Float[Array, "B N T K"], Float32[Array, "B N T"]]:
    """Through Triton, which serves every NVIDIA GPU since Ampere.

    JAX will drop that backend for Mosaic, which no machine without a GPU can run, not
    even slowly; once one has verified a kernel there, it belongs here instead.

    Raises:
      NotImplementedError: a dense mask, or a head wider than 128.
    """
    width = q.shape[-1]
    if width > 128:
        raise NotImplementedError(f"head width {width} is above 128")
    # Triton has blocks of powers of two alone; 16 is the least that its products take.
    block = 64 if q.dtype.itemsize == 2 and width <= 64 else 32
    query_block = min(block, _power_of_two(q.shape[2]))
    pad = [(0, 0)] * 3 + [(0, _power_of_two(width) - width)]
    q, k, v = (jnp.pad(x, pad) for x in (q, k, v))
    parameters = triton.CompilerParams(num_warps=4, num_stages=2)
    out, log_sum = _run(
        q,
        k,
        v,
        mask,
        query_block,
        min(block, _power_of_two(k.shape[2])),
        scale=width**-0.5,
        scalars=None,
        pallas={"compiler_params": parameters, "interpret": interpret},
    )
    return out[..., :width], log_sum


def tpu(
    q: Float[Array, "B N T K"],
    k: Float[Array, "B M S K"],
    v: Float[Array, "B M S K"],
    mask: Mask,
    interpret: Any = False,
) -> tuple[Float[Array, "B N T K"], Float32[Array, "B N T"]]:
    """Through Mosaic.

    Raises:
      NotImplementedError: a dense mask, or more than 4,096 positions.
    """
    longest = max(q.shape[2], k.shape[2])
    if longest > _TPU_LONGEST:
        raise NotImplementedError(f"{longest} positions are more than {_TPU_LONGEST}")
    # Positions of keys lie along the 128 lanes in their tags, those of queries along
    # the sublanes, of which a register of 16-bit numbers has 16.
    key_block = 256 if k.shape[2] > 128 else 128
    query_block = 256 if q.shape[2] > 128 else _multiple(q.shape[2], 16)
    parameters = pltpu.CompilerParams(dimension_semantics=("parallel",) * 3)
    return _run(
        q,
        k,
        v,
        mask,
        query_block,
        key_block,
        scale=q.shape[-1] ** -0.5,
        scalars=pltpu.SMEM,
        pallas={"compiler_params": parameters, "interpret": interpret},
    )


def positions_first(function: Callable[..., Any]) -> Callable[..., jax.Array]:
    """`gpu` or `tpu` of arrays `[B T N K]`, without the logarithms."""

    def attention(q, k, v, mask: Mask, **kwargs: Any) -> jax.Array:
        out, _ = function(*(x.swapaxes(1, 2) for x in (q, k, v)), mask, **kwargs)
        return out.swapaxes(1, 2)

    return attention


def _run(
    q, k, v, mask: Mask, query_block: int, key_block: int, scale, scalars, pallas
) -> tuple[jax.Array, jax.Array]:
    """Brings everything into the form of the kernels, and back."""
    if mask.dense is not None:
        raise NotImplementedError("a dense mask")
    batch, queries, keys = q.shape[0], q.shape[2], k.shape[2]
    add = _multiple(queries, query_block) - queries, _multiple(keys, key_block) - keys
    settings = flash.Settings(
        query_block,
        key_block,
        causal=mask.causal,
        masked=mask.causal or mask.key_segment_ids is not None or any(add),
        scale=scale,
        scalars=scalars,
        pallas=tuple(pallas.items()),
    )
    prompt = mask.prompt
    prompt = jnp.zeros((batch, keys), bool) if prompt is None else prompt
    query_segment_ids = segment_ids_or_ones(mask.query_segment_ids, batch, queries)
    key_segment_ids = segment_ids_or_ones(mask.key_segment_ids, batch, keys)
    tags = flash.Tags(
        query=_padded(query_segment_ids[:, :, None], add[0], axis=1),
        key=_padded(key_segment_ids[:, None], add[1], axis=2),
        prompt=_padded(prompt.astype(jnp.int32)[:, None], add[1], axis=2),
    )
    q = _padded(q, add[0], axis=2)
    k, v = _padded(k, add[1], axis=2), _padded(v, add[1], axis=2)
    out, log_sum = flash.attention(settings, tags, q, k, v)
    return out[:, :, :queries], log_sum[:, :, :queries, 0]


def _padded(x: jax.Array, positions: int, axis: int) -> jax.Array:
    """`positions` zeros more along an axis."""
    pad = [(0, 0)] * x.ndim
    pad[axis] = (0, positions)
    return jnp.pad(x, pad)


def _power_of_two(number: int) -> int:
    return max(16, 1 << (number - 1).bit_length())


def _multiple(number: int, of: int) -> int:
    return -(-number // of) * of
