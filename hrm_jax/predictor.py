"""A reasoner as evaluation sees it: functions from a batch to predictions."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Float32

from data_pipeline.schema import (
    MOST_COUNTED,
    Batch,
    require,
    require_at_least,
    require_at_most,
    require_one_of,
    require_share,
)
from eval.protocol import Prediction, Trace
from hrm_jax import inference, quantization, restarts
from hrm_jax.models import tensor_parallel
from hrm_jax.train_state import TrainConfig, TrainState, eval_variables
from hrm_jax.types import Variables

_KEPT = 16
"""Compiled functions of each kind that are kept, the latest: who asks again with the
same settings does not wait for a compiler again."""


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """Attributes:
    examples: test puzzles that are scored; 0 means all.
    watched: test puzzles whose every segment is looked at; 0 means all.
    augmentations: of an ARC task that vote beside the task as it is.
    batch_size: puzzles handed to the device at a time.
    slots: rows that they pass through when each stops by itself.
    max_segments: segments that a puzzle takes, at most with early halting.
    early_halting: let each puzzle stop by itself.
    min_confidence: that it needs for that, beside its wish.
    residual: halt when a segment changes the state by less than this share of it,
      whatever the halting head says; `min_confidence` has no effect then. 0 leaves it
      to the halting head.
    restarts: attempts at each puzzle from random initial states, one of which is
      selected; the first attempt is what is reported as the model's own.
    select: of `restarts.SELECTIONS`: how it is selected.
    seed: of the random initial states.
    drafts: of a text: tokens that are drafted by the first H-cycle and checked
      together, beside one that is sure (`text.speculation`); 0 drafts none.
    """

    examples: int
    watched: int
    augmentations: int
    batch_size: int
    slots: int
    max_segments: int
    early_halting: bool
    min_confidence: float
    residual: float
    restarts: int
    select: str
    seed: int
    drafts: int

    def __post_init__(self):
        require_at_least(
            "evaluation",
            self,
            examples=0,
            watched=0,
            augmentations=0,
            batch_size=1,
            slots=1,
            max_segments=1,
            residual=0,
            restarts=1,
            seed=0,
            drafts=0,
        )
        require_at_most("evaluation", self, max_segments=MOST_COUNTED)
        require_share("evaluation", self, "min_confidence")
        require_one_of("evaluation", self, select=restarts.SELECTIONS)
        require(self.seed < 2**32, "evaluation", self, "seed", "below 2**32")


class Weights(NamedTuple):
    """What answers need of a train state.

    Attributes:
      variables: with the moving average of the parameters where there is one, as
        training sees them.
      table: of the puzzle embeddings, or None.
    """

    variables: Variables
    table: Float32[Array, "P E"] | None


def weights(config: TrainConfig, state: TrainState) -> Weights:
    """What training aims at: where it sees quantised matrices, these."""
    variables = quantization.seen(config.quantization, eval_variables(state))
    return Weights(variables, state.puzzle_table)


def sha256(weights: Weights) -> str:
    """A checksum of all weights that answers depend on."""
    found = hashlib.sha256()
    for array in jax.tree.leaves(weights):
        found.update(np.asarray(array).tobytes())
    return found.hexdigest()


@functools.lru_cache(_KEPT)
def predictor(
    config: TrainConfig, evaluation: EvaluationConfig, mesh: Mesh
) -> Callable[[Weights, Batch], Prediction]:
    """Compiles final answers, each batch spread over the devices of the mesh.

    They are those of one attempt, the first of the restarts where there are more.
    """

    def predict(weights: Weights, batch: Batch) -> inference.Answers:
        key = _first_key(config, evaluation)
        return _attempt(config, evaluation, weights, _spread(batch, mesh), key)

    return _predicting(predict, mesh)


@functools.lru_cache(_KEPT)
def selector(
    config: TrainConfig, evaluation: EvaluationConfig, mesh: Mesh
) -> Callable[[Weights, Batch], Prediction]:
    """Compiles the answers selected from all restarts, as `predictor` else.

    Raises:
      ValueError: all restarts would be alike.
    """
    key = _key(config, evaluation)
    if key is None:
        raise ValueError("restarts need random initial states")

    def predict(weights: Weights, batch: Batch) -> inference.Answers:
        batch = _spread(batch, mesh)

        def attempt(key: Array) -> inference.Answers:
            return _attempt(config, evaluation, weights, batch, key)

        attempts = restarts.attempt_all(attempt, key, evaluation.restarts)
        return restarts.select(attempts, evaluation.select)

    return _predicting(predict, mesh)


@functools.lru_cache(_KEPT)
def tracer(
    config: TrainConfig, evaluation: EvaluationConfig, mesh: Mesh
) -> Callable[[Weights, Batch], Trace]:
    """Compiles the answers of `predictor` after each of `max_segments` segments."""

    def think(weights: Weights, batch: Batch) -> inference.Thoughts:
        key = _first_key(config, evaluation)
        loss, segments = config.loss.token_loss, evaluation.max_segments
        return inference.think(
            config.model, loss, *weights, _spread(batch, mesh), segments, key
        )

    compiled = _compiled(think, mesh)

    def trace(weights: Weights, batch: Batch) -> Trace:
        answers, token_probability = compiled(weights, batch)
        return Trace(
            answers.tokens,
            token_probability,
            answers.halt_probability,
            answers.residual,
        )

    return trace


def _key(config: TrainConfig, evaluation: EvaluationConfig) -> Array | None:
    """The key that attempts fold their number into, if anything is drawn."""
    if config.model.initial_states == "fixed":
        return None
    return jax.random.key(evaluation.seed)


def _first_key(config: TrainConfig, evaluation: EvaluationConfig) -> Array | None:
    key = _key(config, evaluation)
    return None if key is None else restarts.attempt_key(key, 0)


def _attempt(
    config: TrainConfig,
    evaluation: EvaluationConfig,
    weights: Weights,
    batch: Batch,
    key: Array | None,
) -> inference.Answers:
    """One attempt at each example, as long as the evaluation lets it think."""
    if not evaluation.early_halting:
        return inference.answer(
            config.model, *weights, batch, evaluation.max_segments, key
        )
    halting = dataclasses.replace(
        config.halting,
        max_segments=evaluation.max_segments,
        min_confidence=evaluation.min_confidence,
        residual=evaluation.residual,
    )
    slots = min(evaluation.slots, batch.inputs.shape[0])
    return inference.answer_until_halted(
        config.model, halting, *weights, batch, slots, key
    )


def _predicting(
    predict: Callable[[Weights, Batch], inference.Answers], mesh: Mesh
) -> Callable[[Weights, Batch], Prediction]:
    compiled = _compiled(predict, mesh)

    def prediction(weights: Weights, batch: Batch) -> Prediction:
        answers = compiled(weights, batch)
        return Prediction(answers.tokens, answers.segments, answers.halt_probability)

    return prediction


def _compiled(function: Callable[..., Any], mesh: Mesh) -> Callable[..., Any]:
    """`function` on the devices of a mesh, its results on the host."""
    program = jax.jit(function, out_shardings=NamedSharding(mesh, P()))

    def run(*arguments: Any) -> Any:
        with jax.set_mesh(mesh):
            return jax.tree.map(np.asarray, program(*arguments))

    return run


def _spread(batch: Batch, mesh: Mesh) -> Batch:
    """Shares the rows among the devices, where they can be shared evenly."""
    shares = math.prod(mesh.shape[axis] for axis in tensor_parallel.ROWS)
    even = batch.inputs.shape[0] % shares == 0
    rows = NamedSharding(mesh, P(tensor_parallel.ROWS) if even else P())
    return jax.lax.with_sharding_constraint(batch, rows)
