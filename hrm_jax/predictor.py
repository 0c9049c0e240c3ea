"""A reasoner as evaluation sees it: functions from a batch to predictions."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Float32

from data_pipeline.schema import Batch, UserError
from eval.protocol import Prediction, Trace
from hrm_jax import inference, sharding
from hrm_jax.checkpoint import Checkpoints
from hrm_jax.train_state import TrainConfig, TrainState, eval_variables, init_state
from hrm_jax.types import Variables


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """Attributes:
    examples: test puzzles that are scored; 0 means all.
    watched: test puzzles whose every segment is looked at; 0 means all.
    batch_size: puzzles handed to the device at a time.
    slots: rows that they pass through when each stops by itself.
    max_segments: segments that a puzzle takes, at most with early halting.
    early_halting: let each puzzle stop by itself.
    min_confidence: that it needs for that, beside its wish.
    """

    examples: int
    watched: int
    batch_size: int
    slots: int
    max_segments: int
    early_halting: bool
    min_confidence: float

    def __post_init__(self):
        for name, least in (
            ("examples", 0),
            ("watched", 0),
            ("batch_size", 1),
            ("slots", 1),
            ("max_segments", 1),
        ):
            if getattr(self, name) < least:
                raise UserError(
                    f"evaluation.{name} is {getattr(self, name)}, but it must be at "
                    f"least {least}."
                )
        if not 0 <= self.min_confidence <= 1:
            raise UserError(
                f"evaluation.min_confidence is {self.min_confidence}, but it must be "
                "between 0 and 1."
            )


class Weights(NamedTuple):
    """What answers need of a train state.

    Attributes:
      variables: with the moving average of the parameters where there is one.
      table: of the puzzle embeddings, or None.
    """

    variables: Variables
    table: Float32[Array, "P E"] | None


def weights(state: TrainState) -> Weights:
    return Weights(eval_variables(state), state.puzzle_table)


def load(
    config: TrainConfig, workdir: pathlib.Path, best: bool, mesh: Mesh
) -> tuple[int, Weights]:
    """Reads the weights of a run, on every device of the mesh.

    Args:
      best: of the best checkpoint, where the run has been evaluated; else of the last.

    Returns:
      The step they are of, and the weights.

    Raises:
      UserError: there is no checkpoint that can be read.
    """
    shapes = jax.eval_shape(lambda key: init_state(config, key), jax.random.key(0))
    everywhere = NamedSharding(mesh, P())
    target = sharding.with_shardings(shapes, jax.tree.map(lambda _: everywhere, shapes))
    restored = None
    if (workdir / "checkpoints").is_dir():
        with Checkpoints(workdir, keep_last=None) as checkpoints:
            restored = checkpoints.restore(target, best)
    if restored is None:
        raise UserError(
            f"{workdir} holds no checkpoint yet; `python main.py train "
            f"--workdir={workdir}` makes them."
        )
    step, state, _, _, complaints = restored
    for complaint in complaints:
        print(complaint, flush=True)
    return step, weights(state)


def predictor(
    config: TrainConfig, evaluation: EvaluationConfig, mesh: Mesh
) -> Callable[[Weights, Batch], Prediction]:
    """Compiles final answers, each batch spread over the devices of the mesh."""
    halting = dataclasses.replace(
        config.halting,
        max_segments=evaluation.max_segments,
        min_confidence=evaluation.min_confidence,
    )

    def predict(weights: Weights, batch: Batch) -> inference.Answers:
        batch = _spread(batch, mesh)
        if not evaluation.early_halting:
            return inference.answer(
                config.model, *weights, batch, evaluation.max_segments
            )
        slots = min(evaluation.slots, batch.inputs.shape[0])
        return inference.answer_until_halted(
            config.model, halting, *weights, batch, slots
        )

    compiled = jax.jit(predict, out_shardings=NamedSharding(mesh, P()))
    return lambda weights, batch: Prediction(*_on_host(compiled(weights, batch)))


def tracer(
    config: TrainConfig, segments: int, mesh: Mesh
) -> Callable[[Weights, Batch], Trace]:
    """Compiles the answers after each of so many segments."""

    def think(weights: Weights, batch: Batch) -> inference.Thoughts:
        batch = _spread(batch, mesh)
        loss = config.loss.token_loss
        return inference.think(config.model, loss, *weights, batch, segments)

    compiled = jax.jit(think, out_shardings=NamedSharding(mesh, P()))

    def trace(weights: Weights, batch: Batch) -> Trace:
        answers, token_probability = _on_host(compiled(weights, batch))
        return Trace(answers.tokens, token_probability, answers.halt_probability)

    return trace


def _spread(batch: Batch, mesh: Mesh) -> Batch:
    """Shares the rows among the devices, where they can be shared evenly."""
    even = batch.inputs.shape[0] % mesh.size == 0
    rows = NamedSharding(mesh, P(mesh.axis_names) if even else P())
    return jax.lax.with_sharding_constraint(batch, rows)


def _on_host(tree):
    return jax.tree.map(np.asarray, tree)
