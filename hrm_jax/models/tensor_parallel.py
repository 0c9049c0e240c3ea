"""How the devices of the mesh axis `tensor` share the two layers of a block.

As in Megatron-LM (arXiv:1909.08053, section 3): of each pair of products, such as qkv
and the output of attention, a device computes some columns of the first and, from these
alone, a sum over some rows of the second; one all-reduce adds the sums up. So a device
has whole heads, and channels of the SwiGLU of its own.

A fused kernel holds its matrices behind each other, `[q | k | v]`, and an even cut
would give q to one device and v to another. `grouped` therefore lays its columns out as
`[q1 k1 v1 | q2 k2 v2]` before they are cut, once a segment, outside of all loops; the
stored parameters keep their order, on any number of devices.

Whoever computes on such a mesh says so with `jax.set_mesh`; elsewhere nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.sharding import PartitionSpec as P
from jaxtyping import Float, Shaped

from hrm_jax.types import Params
from kernels.quantized_matmul import Quantized

AXIS = "tensor"

ROWS = ("data", "fsdp")
"""The axes of the mesh that share the rows of a batch."""

FUSED = {"qkv": 3, "gate_qkv": 4, "gate_up": 2}
"""Kernels of matrices that stand side by side, and of how many."""

SECOND = ("output", "down")
"""Kernels that follow one of these."""


def shards() -> int:
    """Devices that share each layer here and now."""
    return _size(AXIS)


def grouped(params: Params) -> Params:
    """The parameters as the layers expect them here: each device has what it needs.

    What only lies scattered, over the axis `fsdp`, is gathered; once, since every call
    of a module needs it again.
    """
    if shards() * _size("fsdp") == 1:
        return params
    return jax.tree_util.tree_map_with_path(
        _placed, params, is_leaf=lambda leaf: isinstance(leaf, Quantized)
    )


def parts(
    kernel: Float[Array, "K F"] | Quantized, count: int
) -> tuple[Array | Quantized, ...]:
    """The matrices in a fused kernel, `[K F/count]` each."""
    # The numbers of a quantised matrix and their scales have the columns that it has.
    leaves, tree = jax.tree.flatten(kernel)
    cut = zip(*(_cut(leaf, count) for leaf in leaves), strict=True)
    return tuple(tree.unflatten(part) for part in cut)


def _cut(kernel: Shaped[Array, "K F"], count: int) -> Sequence[Array]:
    if shards() == 1:
        return jnp.split(kernel, count, axis=-1)
    grid = kernel.reshape(len(kernel), shards(), count, -1)
    grid = jax.lax.with_sharding_constraint(grid, P(None, AXIS))
    return [grid[:, :, i].reshape(len(kernel), -1) for i in range(count)]


def _size(axis: str) -> int:
    return dict(jax.sharding.get_abstract_mesh().shape).get(axis, 1)


def _placed(path: tuple[Any, ...], leaf: Any) -> Any:
    if isinstance(leaf, Quantized):
        return Quantized(*(_placed(path, part) for part in leaf))
    name = path[-2].key if is_shared(path) else ""
    if name in FUSED:
        grid = leaf.reshape(len(leaf), FUSED[name], shards(), -1)
        columns = grid.swapaxes(1, 2).reshape(leaf.shape)
        return jax.lax.with_sharding_constraint(columns, P(None, AXIS))
    # Where one scale serves a whole column, everybody has it.
    even = name in SECOND and len(leaf) % shards() == 0
    spec = P(AXIS) if even else P()
    return jax.lax.with_sharding_constraint(leaf, spec)


def is_shared(path: tuple[Any, ...]) -> bool:
    """Is the leaf of a tree at this path one of the kernels that are cut?"""
    names = [getattr(part, "key", None) for part in path[-2:]]
    return names[-1:] == ["kernel"] and names[0] in (*FUSED, *SECOND)
