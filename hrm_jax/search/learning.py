"""Fits both heads to executed programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jaxtyping import Float32

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError, require, require_at_least
from hrm_jax.models import judges as heads
from hrm_jax.models.judges import JudgesConfig
from hrm_jax.search import features, finalists, judged
from hrm_jax.search.fitting import Fit, FitConfig, fit
from hrm_jax.search.judged import DebateExamples, Examples, Question, Read
from hrm_jax.search.judges import Heads
from hrm_jax.types import Params


@dataclasses.dataclass(frozen=True)
class LearningConfig:
    """Attributes:
    heads: their sizes.
    fit: of each.
    finalists: of a problem, at most.
    held_out: share of the tasks on which the best step is chosen.
    tests_shown: to the debate; a task is a row for each of these numbers of public
      tests, -1 being all.
    """

    heads: JudgesConfig
    fit: FitConfig
    finalists: int
    held_out: float
    tests_shown: tuple[int, ...]

    def __post_init__(self):
        require_at_least("judges", self, finalists=2)
        holds = 0 < self.held_out < 1
        require(holds, "judges", self, "held_out", "above 0 and below 1")


def value_loss(
    config: JudgesConfig, params: Params, batch: Examples
) -> Float32[Array, ""]:
    """Mean binary cross-entropy: does a program pass the hidden tests?"""
    logits = heads.value(config, params, batch.encodings, batch.features)
    right = jnp.asarray(batch.right, jnp.float32)
    return optax.sigmoid_binary_cross_entropy(logits, right).mean()


def debate_loss(
    config: JudgesConfig, params: Params, batch: DebateExamples
) -> Float32[Array, ""]:
    """Mean over problems and rounds (deep supervision) of the cross-entropy between who
    is chosen and, in equal shares, who is right."""
    scores = heads.debate(config, params, batch.finalists)
    log_shares = jax.nn.log_softmax(scores)
    return -(batch.target[None] * log_shares).sum(-1).mean()


class FittedHeads(NamedTuple):
    """The judges, and how their fitting went.

    Attributes:
      heads: both.
      value, debate: how each was fitted.
      programs, questions: that each was fitted to, held-out ones included.
      settled: questions that taught nothing, all finalists being right, or none.
    """

    heads: Heads
    value: Fit
    debate: Fit
    programs: int
    questions: int
    settled: int


def learn(
    tasks: Sequence[Read],
    config: LearningConfig,
    seed: int,
    progress: OnProgress = silent,
) -> FittedHeads:
    """Fits both heads; the last tasks are those that are held out.

    Raises:
      UserError: there are too few tasks, or none in which it matters what is chosen.
    """
    cut = len(tasks) - max(1, round(len(tasks) * config.held_out))
    parts = tasks[:cut], tasks[cut:]
    asked = [_questions(part, config) for part in parts]
    opened = [[one for one in some if one.open] for some in asked]
    if not all(parts) or not all(opened):
        raise UserError(
            f"Among the finalists of {len(tasks):,} tasks there are too few from which "
            "a choice could be learned: take more tasks (--limit), more answers to each"
            " (--samples), or a run that solves some of them."
        )
    keys = jax.random.split(jax.random.key(seed), 2)
    size = tasks[0].readings.encodings.shape[1]
    value = _fitted(
        value_loss,
        config,
        heads.init_value(config.heads, keys[0], size, features.KNOWN),
        [judged.examples(part) for part in parts],
        seed,
        lambda done, total: progress(done, 2 * total),
    )
    debate = _fitted(
        debate_loss,
        config,
        heads.init_debate(config.heads, keys[1], size, finalists.KNOWN),
        [judged.debate_examples(some, config.finalists) for some in opened],
        seed,
        lambda done, total: progress(total + done, 2 * total),
    )
    return FittedHeads(
        Heads(config.heads, value.params, debate.params, config.finalists),
        value,
        debate,
        sum(len(one.task.programs) for one in tasks),
        sum(map(len, opened)),
        sum(map(len, asked)) - sum(map(len, opened)),
    )


def _questions(tasks: Sequence[Read], config: LearningConfig) -> list[Question]:
    return [
        judged.question(one, tests, config.finalists)
        for one in tasks
        for tests in config.tests_shown
        if one.task.candidates
    ]


def _fitted(
    loss: Callable[[JudgesConfig, Params, Any], Array],
    config: LearningConfig,
    params: Params,
    parts: Sequence[Any],
    seed: int,
    progress: OnProgress,
) -> Fit:
    data, held = jax.tree.map(np.asarray, tuple(parts))
    of_heads = lambda params, batch: loss(config.heads, params, batch)  # noqa: E731
    return fit(of_heads, params, data, held, config.fit, seed, progress)
