"""Fits a small head to what fits into memory, and keeps what did best elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import require_at_least
from hrm_jax.optim import scale_by_adam_atan2
from hrm_jax.types import Params


@dataclasses.dataclass(frozen=True)
class FitConfig:
    """Attributes:
    learning_rate: of AdamATan2 (`optim.scale_by_adam_atan2`), constant.
    weight_decay: decoupled, times the learning rate.
    b1, b2: decay of the two moments.
    steps: at most, a multiple of `check_every`.
    batch: examples of a step, drawn with replacement.
    check_every: steps between two looks at what is held out.
    """

    learning_rate: float
    weight_decay: float
    b1: float
    b2: float
    steps: int
    batch: int
    check_every: int

    def __post_init__(self):
        require_at_least("fit", self, steps=1, batch=1, check_every=1)


class Fit(NamedTuple):
    """The result of `fit`.

    Attributes:
      params: those of the look at which the held-out loss was smallest.
      step: after which that was; 0 for those it began with.
      losses: held-out loss at each look, the first before any step.
    """

    params: Params
    step: int
    losses: list[float]


def fit(
    loss: Callable[[Params, Any], Array],
    params: Params,
    data: Any,
    held: Any,
    config: FitConfig,
    seed: int,
    progress: OnProgress = silent,
) -> Fit:
    """Args:
    loss: mean over examples.
    data, held: trees of arrays, the examples along the first axis.
    """
    count = len(jax.tree.leaves(data)[0])
    optimizer = optax.chain(
        scale_by_adam_atan2(config.b1, config.b2),
        optax.add_decayed_weights(config.weight_decay),
        optax.scale_by_learning_rate(config.learning_rate),
    )
    draws = np.random.default_rng(seed)

    @jax.jit
    def steps(
        params: Params, state: Any, data: Any, held: Any, places: Array
    ) -> tuple[Params, Any, Array]:
        """The held-out loss, and then some steps."""

        def step(carry: Any, places: Array) -> tuple[Any, None]:
            params, state = carry
            batch = jax.tree.map(lambda array: array[places], data)
            gradient = jax.grad(loss)(params, batch)
            updates, state = optimizer.update(gradient, state, params)
            return (optax.apply_updates(params, updates), state), None

        found = loss(params, held)
        (params, state), _ = jax.lax.scan(step, (params, state), places)
        return params, state, found

    data, held = jax.tree.map(jnp.asarray, (data, held))
    state = optimizer.init(params)
    best, best_step, losses = params, 0, []
    # What the last steps lead to is not looked at: one program serves all looks.
    for done in range(0, config.steps + 1, config.check_every):
        places = draws.integers(count, size=(config.check_every, config.batch))
        before = params
        params, state, found = steps(params, state, data, held, jnp.asarray(places))
        losses.append(float(found))
        if losses[-1] == min(losses) and losses.count(losses[-1]) == 1:
            best, best_step = before, done
        progress(done, config.steps)
    return Fit(best, best_step, losses)
