"""The way that a model takes to its answers, to hold another one's against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float32, Int32

from data_pipeline.schema import Batch
from hrm_jax import restarts
from hrm_jax.halting import HaltingConfig, first_segment, is_sure
from hrm_jax.models import reasoner, states
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from hrm_jax.types import Latents


class Trajectory(NamedTuple):
    """What a model says and thinks after each of G segments.

    Attributes:
      answers: the most probable tokens.
      q_halt_logit, q_continue_logit: of halting.
      z_h: the carry that answers are read from.
    """

    answers: Int32[Array, "G B S"]
    q_halt_logit: Float32[Array, "G B"]
    q_continue_logit: Float32[Array, "G B"]
    z_h: Float32[Array, "G B T D"]


Follow = Callable[[Weights, Batch], Trajectory]


def follower(config: ReasonerConfig, segments: int, seed: int) -> Follow:
    """Compiles the trajectory of a batch of puzzles.

    Args:
      seed: of the initial states, where they are drawn.
    """

    def follow(weights: Weights, batch: Batch) -> Trajectory:
        rows = reasoner.puzzle_vectors(weights.table, batch.puzzle_ids)
        latents = initial_latents(config, weights, batch, seed)

        def segment(latents: Latents, _: None) -> tuple[Latents, Trajectory]:
            latents, said = reasoner.run_segment(
                config, weights.variables, latents, batch.inputs, rows, batch.layout
            )
            answers = said.logits.argmax(-1).astype(jnp.int32)
            z_h = latents.z_h.astype(jnp.float32)
            halting = said.q_halt_logit, said.q_continue_logit
            return latents, Trajectory(answers, *halting, z_h)

        return jax.lax.scan(segment, latents, None, length=segments)[1]

    return jax.jit(follow)


def initial_latents(
    config: ReasonerConfig, weights: Weights, batch: Batch, seed: int
) -> Latents:
    """Where the first attempt at each puzzle begins, in `solve` as in `evaluate`."""
    key = restarts.attempt_key(jax.random.key(seed), 0)
    return states.batch_latents(config, weights.variables, batch, key)


def halting_segments(trajectory: Trajectory, halting: HaltingConfig) -> np.ndarray:
    """int32 `[B]`: segments after which each puzzle stops by itself, or all of them.

    The rule is that of the halting head, whatever `halting.residual` is.
    """
    going_on = trajectory.q_continue_logit if halting.q_learning else None
    sure = is_sure(trajectory.q_halt_logit, going_on, halting.min_confidence)
    return np.asarray(first_segment(sure))


def cosines(one: Trajectory, other: Trajectory) -> np.ndarray:
    """`[G B]`: the cosine of the angle between the two carries."""

    def product(a: Array, b: Array) -> Array:
        return (a * b).sum((2, 3))

    norms = product(one.z_h, one.z_h) * product(other.z_h, other.z_h)
    return np.asarray(product(one.z_h, other.z_h) / jnp.sqrt(norms))
