"""Where each array lives: a mesh of (data, fsdp, tensor), a placement for every leaf.

The slots are spread over `data` and `fsdp`; each large parameter, its moments and the
puzzle table over `fsdp`; the layers themselves over `tensor`
(hrm_jax/models/tensor_parallel.py). XLA derives the rest.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from data_pipeline.schema import Batch, UserError
from hrm_jax import processes
from hrm_jax.models import tensor_parallel
from hrm_jax.train_state import TrainConfig, TrainState

_AXES = (*tensor_parallel.ROWS, tensor_parallel.AXIS)
_SMALLEST_SHARDED = 2**12
"""Elements below which splitting a parameter costs more than it saves."""


def make_mesh(fsdp: int, tensor: int) -> Mesh:
    """All devices, `tensor` of them sharing each layer, neighbours as far as possible.

    Args:
      fsdp: devices, or groups of such, that share each copy of the parameters.

    Raises:
      UserError: there are none, or they cannot be divided so.
    """
    devices = len(processes.devices())
    shared = {"train.fsdp": fsdp, "train.tensor": tensor}
    for name, count in shared.items():
        if count < 1 or devices % count:
            raise UserError(
                f"{name} is {count}, but it must divide the {devices} devices."
            )
    if devices % (fsdp * tensor):
        raise UserError(
            f"train.fsdp x train.tensor is {fsdp} x {tensor}, but it must divide the "
            f"{devices} devices."
        )
    shape = (devices // (fsdp * tensor), fsdp, tensor)
    return jax.make_mesh(shape, _AXES, axis_types=(AxisType.Auto,) * 3)


def require_fit(config: TrainConfig, mesh: Mesh) -> None:
    """Can this be trained on this mesh?

    Raises:
      UserError: the slots or the layers cannot be shared out evenly.
    """
    shares = math.prod(mesh.shape[axis] for axis in tensor_parallel.ROWS)
    tensor = mesh.shape["tensor"]
    if config.slots % shares:
        each = f" (groups of {tensor})" if tensor > 1 else ""
        raise UserError(
            f"slots is {config.slots}, but it must be a multiple of the {shares} "
            f"devices{each}."
        )
    if config.slots // config.microbatches % shares:
        raise UserError(
            f"microbatches is {config.microbatches}, but each of so many parts of the "
            f"{config.slots} slots must be a multiple of the {shares} devices."
        )
    for name, size in config.model.layer_widths().items():
        if size % tensor:
            raise UserError(
                f"train.tensor is {tensor}, but it must divide the {name}, {size}."
            )


@functools.cache
def own_rows(mesh: Mesh, slots: int) -> np.ndarray:
    """int `[n]`, ascending: the rows of a batch that the devices of this process hold.

    Together the processes have them all; two that share their layers have the same.
    """
    placed = NamedSharding(mesh, P(tensor_parallel.ROWS))
    places: Any = placed.addressable_devices_indices_map((slots,)).values()
    rows = np.unique(np.concatenate([np.arange(slots)[place] for place in places]))
    rows.flags.writeable = False  # it is shared
    return rows


def state_shardings(state: TrainState, mesh: Mesh) -> TrainState:
    """Placements for a state.

    Args:
      state: arrays or their shapes.

    Returns:
      The same tree with a `NamedSharding` at each leaf.
    """
    fsdp, tensor = mesh.shape["fsdp"], mesh.shape["tensor"]

    def place(*spec: Any) -> NamedSharding:
        return NamedSharding(mesh, P(*spec))

    def parameter(path: tuple[Any, ...], leaf: Any) -> NamedSharding:
        spec: list[str | None] = [None] * leaf.ndim
        if leaf.size < _SMALLEST_SHARDED:
            return place(*spec)
        free = [int(axis) for axis in np.argsort(leaf.shape)[::-1]]
        if tensor_parallel.is_shared(path) and leaf.shape[0] % tensor == 0:
            spec[0] = tensor_parallel.AXIS
            free.remove(0)
        for axis in free:
            if leaf.shape[axis] % fsdp == 0:
                spec[axis] = "fsdp"
                break
        return place(*spec)

    def parameters(tree: Any) -> Any:
        return jax.tree_util.tree_map_with_path(parameter, tree)

    def table(leaf: Any) -> NamedSharding:
        """Cut by rows, else by columns, whichever `fsdp` divides; else whole."""
        axes = [axis for axis in range(2) if leaf.shape[axis] % fsdp == 0]
        return place(*[None] * axes[0], "fsdp") if axes else place()

    def of_batches(tree: Any) -> Any:
        return jax.tree.map(lambda _: place(None, tensor_parallel.ROWS), tree)

    everywhere = jax.tree.map(lambda _: place(), state)
    waiting = state.accumulator
    if waiting is not None:
        waiting = of_batches(waiting)._replace(grads=parameters(waiting.grads))
    return everywhere._replace(
        variables=parameters(state.variables),
        ema_params=parameters(state.ema_params),
        puzzle_table=jax.tree.map(table, state.puzzle_table),
        opt_state=parameters(state.opt_state),
        accumulator=waiting,
        carry=jax.tree.map(lambda _: place(tensor_parallel.ROWS), state.carry),
        queue=everywhere.queue._replace(ring=of_batches(state.queue.ring)),
    )


def with_shardings(shapes: TrainState, shardings: TrainState) -> TrainState:
    """Shapes and placements in one tree: what a checkpoint is restored onto."""
    return jax.tree.map(
        lambda leaf, where: jax.ShapeDtypeStruct(
            leaf.shape, leaf.dtype, sharding=where
        ),
        shapes,
        shardings,
    )


def shard_batch(own: Batch, mesh: Mesh, slots: int) -> Batch:
    """Puts a batch onto the devices.

    Args:
      own: its `own_rows`; the other processes bring theirs.
      slots: rows of the whole batch.
    """
    rows, placed = own_rows(mesh, slots), NamedSharding(mesh, P(tensor_parallel.ROWS))

    def put(array: np.ndarray) -> jax.Array:
        def part(index: Any) -> np.ndarray:
            return array[np.searchsorted(rows, np.arange(slots)[index[0]])]

        shape = (slots, *array.shape[1:])
        return jax.make_array_from_callback(shape, placed, part)

    return jax.tree.map(put, own)
