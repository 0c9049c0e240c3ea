"""A kernel on several devices: each computes its rows and heads, and needs no others.

XLA knows how to cut its own operations up, but not ours: it would gather everything on
every device first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import PartitionSpec as P

from kernels.attention.masks import Mask


def on_each_device(
    function: Callable[..., jax.Array], batch: tuple[str, ...], heads: str
) -> Callable[..., jax.Array]:
    """An implementation that runs on each device's part of the arrays.

    Args:
      batch, heads: axes of the mesh of `jax.set_mesh` by which B and N, and M, are cut.
        Where B cannot be cut evenly each device computes all rows.
    """

    def attention(q, k, v, mask: Mask, **kwargs: Any) -> jax.Array:
        sizes = dict(jax.sharding.get_abstract_mesh().shape)
        if not sizes:
            return function(q, k, v, mask, **kwargs)

        shares = math.prod(sizes[axis] for axis in batch)
        rows_by = None if q.shape[0] % shares else batch
        given = mask._asdict()
        del given["causal"]
        arrays = {name: x for name, x in given.items() if x is not None}
        specs = {name: P(heads if name == "dense" else rows_by) for name in arrays}
        rows = P(rows_by, None, heads)

        def part(q, k, v, arrays) -> jax.Array:
            return function(q, k, v, mask._replace(**arrays), **kwargs)

        mapped = jax.shard_map(
            part, in_specs=(rows, rows, rows, specs), out_specs=rows, check_vma=False
        )
        return mapped(q, k, v, arrays)

    return attention
