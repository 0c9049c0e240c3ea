"""Gradients of several steps, kept until the optimisers move by their mean.

What moves is then what one step with so many times the slots would move by. The puzzle
table's sign-SGD needs the sum over all examples of a puzzle before it takes the sign,
and leaves alone what no example names, so each example's gradient is kept by itself:
less than a second table, for any table worth sharding.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float32, Int32

from hrm_jax.types import Params


class Accumulator(NamedTuple):
    """Attributes:
    grads: sums over the steps so far, by the parameters.
    row_grads: of each step's examples, by their rows of the puzzle table.
    puzzle_ids: the rows.
    """

    grads: Params
    row_grads: Float32[Array, "A B E"]
    puzzle_ids: Int32[Array, "A B"]


def empty(params: Params, steps: int, slots: int, puzzle_width: int) -> Accumulator:
    """Before the first of `steps` steps."""
    return Accumulator(
        jax.tree.map(jnp.zeros_like, params),
        jnp.zeros((steps, slots, puzzle_width), jnp.float32),
        jnp.zeros((steps, slots), jnp.int32),
    )


def add(
    accumulator: Accumulator,
    place: Int32[Array, ""],
    grads: Params,
    row_grads: Float32[Array, "B E"],
    puzzle_ids: Int32[Array, " B"],
) -> Accumulator:
    """Adds a step's gradients.

    Args:
      place: of the step among those that are summed; at 0 the sums begin anew.
    """

    def total(old: Array, new: Array) -> Array:
        return jnp.where(place == 0, 0.0, old) + new

    return Accumulator(
        jax.tree.map(total, accumulator.grads, grads),
        accumulator.row_grads.at[place].set(row_grads),
        accumulator.puzzle_ids.at[place].set(puzzle_ids),
    )


def mean(
    accumulator: Accumulator,
) -> tuple[Params, Float32[Array, "C E"], Int32[Array, " C"]]:
    """What the optimisers take: mean gradients, and those of all C = A B examples."""
    steps, slots, width = accumulator.row_grads.shape
    grads = jax.tree.map(lambda total: total / steps, accumulator.grads)
    row_grads = accumulator.row_grads.reshape(steps * slots, width)
    return grads, row_grads, accumulator.puzzle_ids.reshape(-1)
