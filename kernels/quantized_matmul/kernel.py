"""The kernel of `quantized_matmul`, one for GPU and TPU: a tile of the result.

It walks along K chunk by chunk: reads stored numbers, makes weights of them in the
activations' dtype where they are needed, and adds up in float32. Weights are never
written to memory in any other form than the stored one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from kernels.quantized_matmul.formats import Quantized, scaled, unpack


class Chunk(NamedTuple):
    """What a stretch of K gives to one tile.

    Attributes:
      x: the activations, as `paired` arranges them.
      values, scales: as `Quantized` stores them.
    """

    x: Sequence[jax.Array]
    values: jax.Array
    scales: jax.Array


def paired(x: jax.Array, w: Quantized) -> tuple[jax.Array, ...]:
    """Arranges `x [M K]` such that a chunk of it needs no movement between columns.

    A byte of 4-bit weights holds an even and an odd row, so the kernel wants even and
    odd columns apart. Pairs of bfloat16 are handed over as one int32, which costs
    nothing and is parted by shifts; float32 is parted here, in a pass over `x`.

    Raises:
      NotImplementedError: the activations are neither.
    """
    if x.dtype not in (jnp.float32, jnp.bfloat16):
        raise NotImplementedError(f"activations in {x.dtype}")
    if w.bits == 8:
        return (x,)
    if x.dtype == jnp.float32:
        return x[:, 0::2], x[:, 1::2]
    pairs = x.reshape(x.shape[0], -1, 2)
    return (lax.bitcast_convert_type(pairs, jnp.int32),)


def _parted(x: Sequence[jax.Array]) -> Sequence[jax.Array]:
    """Undoes `paired`: all columns, or the even and the odd ones."""
    if x[0].dtype != jnp.int32:
        return x
    # A bfloat16 is the upper half of a float32; the first of a pair is the lower half.
    halves = x[0] << 16, x[0] & -(1 << 16)
    return [
        lax.bitcast_convert_type(half, jnp.float32).astype(jnp.bfloat16)
        for half in halves
    ]


def tile(
    load: Callable[[jax.Array], Chunk], chunks: int, shape: tuple[int, int]
) -> jax.Array:
    """The sum over `chunks` of what `load` gives for each: float32 `[rows columns]`."""

    def add(index, total):
        chunk = load(index)
        for x, numbers in zip(_parted(chunk.x), unpack(chunk.values), strict=True):
            exact = lax.Precision.HIGHEST if x.dtype == jnp.float32 else None
            total += lax.dot_general(
                x,
                scaled(numbers, chunk.scales).astype(x.dtype),
                (((1,), (0,)), ((), ())),
                precision=exact,
                preferred_element_type=jnp.float32,
            )
        return total

    return lax.fori_loop(0, chunks, add, jnp.zeros(shape, jnp.float32))
