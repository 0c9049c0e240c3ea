"""Where each array lives: a mesh of (data, fsdp) and a placement for every leaf.

The batch axis of the slots is spread over both mesh axes, each large parameter and its
moments over `fsdp`, the rows of the puzzle table over `fsdp`. XLA derives the rest.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from data_pipeline.schema import Batch, UserError
from hrm_jax.train_state import TrainState

_BATCH_AXES = ("data", "fsdp")
_SMALLEST_SHARDED = 2**12
"""Elements below which splitting a parameter costs more than it saves."""


def make_mesh(fsdp: int, slots: int) -> Mesh:
    """All devices, `fsdp` of them sharing each copy of the parameters.

    Raises:
      UserError: the devices cannot be divided so, or the slots not among them.
    """
    devices = jax.device_count()
    if fsdp < 1 or devices % fsdp:
        raise UserError(
            f"train.fsdp is {fsdp}, but it must divide the {devices} devices."
        )
    if slots % devices:
        raise UserError(
            f"slots is {slots}, but it must be a multiple of the {devices} devices."
        )
    return jax.make_mesh(
        (devices // fsdp, fsdp), _BATCH_AXES, axis_types=(AxisType.Auto,) * 2
    )


def state_shardings(state: TrainState, mesh: Mesh) -> TrainState:
    """Placements for a state.

    Args:
      state: arrays or their shapes.

    Returns:
      The same tree with a `NamedSharding` at each leaf.
    """
    fsdp = mesh.shape["fsdp"]

    def place(*spec: Any) -> NamedSharding:
        return NamedSharding(mesh, P(*spec))

    def parameter(leaf: Any) -> NamedSharding:
        spec: list[str | None] = [None] * leaf.ndim
        if leaf.size >= _SMALLEST_SHARDED:
            for axis in np.argsort(leaf.shape)[::-1]:
                if leaf.shape[axis] % fsdp == 0:
                    spec[axis] = "fsdp"
                    break
        return place(*spec)

    def rows(leaf: Any) -> NamedSharding:
        return place("fsdp") if leaf.shape[0] % fsdp == 0 else place()

    everywhere = jax.tree.map(lambda _: place(), state)
    return everywhere._replace(
        variables=jax.tree.map(parameter, state.variables),
        ema_params=jax.tree.map(parameter, state.ema_params),
        puzzle_table=jax.tree.map(rows, state.puzzle_table),
        opt_state=jax.tree.map(parameter, state.opt_state),
        carry=jax.tree.map(lambda _: place(_BATCH_AXES), state.carry),
        queue=everywhere.queue._replace(
            ring=jax.tree.map(lambda _: place(None, _BATCH_AXES), state.queue.ring)
        ),
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


def shard_batch(batch: Batch, mesh: Mesh) -> Batch:
    """Puts a batch onto the devices.

    Every process of a job has drawn the same batch, the whole of it, which is cheap,
    and puts the rows of its own devices there: so a run is the same on any number.
    """
    sharding = NamedSharding(mesh, P(_BATCH_AXES))
    return jax.tree.map(
        lambda rows: jax.make_array_from_callback(
            rows.shape, sharding, lambda index: rows[index]
        ),
        batch,
    )
