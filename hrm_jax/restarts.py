"""Several attempts at each example, from random states of their own; one is chosen.

Restarts from random initial states with a choice by how settled the state is are what
Equilibrium Reasoners scale "in breadth" (arXiv:2605.21488); the model's own confidence
and the majority are the other choices in use.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from hrm_jax.inference import Answers

SELECTIONS = ("confidence", "agreement", "residual")
"""The attempt with the largest halting probability; one of those whose answer most
attempts gave, by confidence among them; the one whose state changed least in the end.
Ties go to the earlier attempt."""


def attempt_key(key: Array, number: Array | int) -> Array:
    """The key of an attempt's initial states."""
    return jax.random.fold_in(key, number)


def attempt_all(
    attempt: Callable[[Array], Answers], key: Array, restarts: int
) -> Answers:
    """Makes attempts one after the other, with the memory of one and all answers.

    Args:
      attempt: the answers `[B ...]` from the initial states of a key.
      key: whose `attempt_key` each gets.

    Returns:
      Leaves `[R B ...]`.
    """

    def numbered(number: Array) -> Answers:
        return attempt(attempt_key(key, number))

    return jax.lax.map(numbered, jnp.arange(restarts, dtype=jnp.uint32))


def select(attempts: Answers, selection: str) -> Answers:
    """Chooses one of R attempts `[R B ...]` at each example, by one of `SELECTIONS`."""
    if selection == "residual":
        score = -attempts.residual
    else:
        score = attempts.halt_probability
    if selection == "agreement":
        tokens = attempts.tokens

        def voices(one: Array) -> Array:
            return (tokens == one[None]).all(-1).sum(0, dtype=jnp.int32)

        count = jax.lax.map(voices, tokens)
        score = jnp.where(count == count.max(0, keepdims=True), score, -jnp.inf)
    best = score.argmax(0)

    def choose(leaf: Array) -> Array:
        index = best.reshape(1, -1, *[1] * (leaf.ndim - 2))
        return jnp.take_along_axis(leaf, index, axis=0)[0]

    return jax.tree.map(choose, attempts)
