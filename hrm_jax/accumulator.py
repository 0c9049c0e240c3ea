"""Gradients accumulated over several steps, until the optimisers apply their mean.

The update equals that of one step with that many times the slots. The puzzle table's
sign-SGD needs the sum over all examples of a puzzle before it takes the sign, and
leaves alone what no example names, so each example's gradient is kept by itself: less
than a second table, for any table worth sharding.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float32, Int32

from hrm_jax.types import Params


class Accumulator(NamedTuple):
    """Gradients of up to A steps.

    Attributes:
      grads: sums over the steps so far, with respect to the parameters.
      row_grads: of each step's examples, with respect to their rows of the puzzle
        table; None without a table, since a checkpoint takes no array of no size.
      puzzle_ids: the rows.
    """

    grads: Params
    row_grads: Float32[Array, "A B E"] | None
    puzzle_ids: Int32[Array, "A B"] | None


def empty(params: Params, steps: int, slots: int, puzzle_width: int) -> Accumulator:
    """Before the first of `steps` steps.

    Args:
      puzzle_width: of the puzzle table, 0 without one.
    """
    grads = jax.tree.map(jnp.zeros_like, params)
    if not puzzle_width:
        return Accumulator(grads, None, None)
    return Accumulator(
        grads,
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
      place: number of the step among the A; at 0 the sums begin anew.
    """

    def total(old: Array, new: Array) -> Array:
        return jnp.where(place == 0, 0.0, old) + new

    sums = jax.tree.map(total, accumulator.grads, grads)
    if accumulator.row_grads is None or accumulator.puzzle_ids is None:
        return Accumulator(sums, None, None)
    return Accumulator(
        sums,
        accumulator.row_grads.at[place].set(row_grads),
        accumulator.puzzle_ids.at[place].set(puzzle_ids),
    )


def mean(
    accumulator: Accumulator, steps: int
) -> tuple[Params, Float32[Array, "C E"] | None, Int32[Array, " C"] | None]:
    """What the optimisers take: mean gradients, and those of all C = A B examples.

    Args:
      steps: A.
    """
    grads = jax.tree.map(lambda total: total / steps, accumulator.grads)
    if accumulator.row_grads is None or accumulator.puzzle_ids is None:
        return grads, None, None
    row_grads = accumulator.row_grads.reshape(-1, accumulator.row_grads.shape[-1])
    return grads, row_grads, accumulator.puzzle_ids.reshape(-1)
