"""Everything that training changes, as one pytree: what a checkpoint holds."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float32, Int32

from data_pipeline.schema import require, require_at_least, require_one_of
from hrm_jax import accumulator, halting, optim, queue
from hrm_jax.accumulator import Accumulator
from hrm_jax.halting import Carry, HaltingConfig
from hrm_jax.losses import LossConfig
from hrm_jax.models import reasoner
from hrm_jax.models.config import REMATS, ReasonerConfig
from hrm_jax.optim import OptimConfig
from hrm_jax.quantization import QuantizationConfig
from hrm_jax.queue import ExampleQueue
from hrm_jax.rl import objectives
from hrm_jax.rl.objectives import ObjectiveConfig
from hrm_jax.types import Params, Variables


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """What the training step is compiled for.

    Attributes:
      slots: B, examples worked on at once.
      remat: what the derivative computes again instead of keeping it, see `Reasoner`.
      microbatches: parts of equal size in which the slots are processed, one after the
        other; their gradients are summed.
      objective: of reinforcement, in place of the answers' loss; None without.
    """

    model: ReasonerConfig
    halting: HaltingConfig
    loss: LossConfig
    optim: OptimConfig
    quantization: QuantizationConfig
    slots: int
    remat: str
    microbatches: int
    objective: ObjectiveConfig | None

    def __post_init__(self):
        require_at_least("", self, slots=1)
        require_one_of("", self, remat=REMATS)
        divides = self.microbatches >= 1 and self.slots % self.microbatches == 0
        require(divides, "", self, "microbatches", f"a divisor of slots = {self.slots}")


class TrainState(NamedTuple):
    """Everything that training changes: what one checkpoint holds.

    Attributes:
      step: segments done by each slot; every `optim.accumulate`-th of them ends in an
        update by the optimisers.
      variables: parameters and fixed states.
      ema_params: moving average of the parameters, or None.
      puzzle_table: `[P E]`, or None without puzzle embedding.
      opt_state, puzzle_opt_state: of the two optimisers.
      accumulator: gradients that wait for an update, or None where every step makes
        one.
      carry: the slots.
      queue: examples that wait for a slot.
      key: never consumed; each step folds its number in.
    """

    step: Int32[Array, ""]
    variables: Variables
    ema_params: Params | None
    puzzle_table: Float32[Array, "P E"] | None
    opt_state: Any
    puzzle_opt_state: Any
    accumulator: Accumulator | None
    carry: Carry
    queue: ExampleQueue
    key: Array


def puzzle_optimizer(config: OptimConfig) -> optim.RowOptimizer:
    """Sign-SGD with the schedule of the network's optimiser."""
    rate = optim.warmup_cosine(config, config.puzzle_learning_rate)
    return optim.row_sign_sgd(rate, config.puzzle_weight_decay)


def init_state(
    config: TrainConfig, key: Array, variables: Variables | None = None
) -> TrainState:
    """A state before the first step, with an empty table; to be jitted.

    Args:
      key: the key is consumed.
      variables: weights to begin with; None for weights drawn anew.
    """
    init_key, step_key = jax.random.split(key)
    drawn, table = init_weights(config.model, init_key)
    return new_state(config, variables or drawn, table, step_key)


def init_weights(
    model: ReasonerConfig, key: Array
) -> tuple[Variables, Float32[Array, "P E"] | None]:
    """Weights drawn anew and an empty table, None without puzzle embedding.

    Args:
      key: the key is consumed.
    """
    variables = reasoner.init_variables(model, key)
    if not model.puzzle_width:
        return variables, None
    return variables, jnp.zeros((model.num_puzzles, model.puzzle_width), jnp.float32)


def new_state(
    config: TrainConfig,
    variables: Variables,
    table: Float32[Array, "P E"] | None,
    key: Array,
) -> TrainState:
    """A state before the first step, around given weights.

    To be jitted: elsewhere leaves may share a buffer, which donation forbids.

    Args:
      key: of the steps to come.
    """
    model = config.model
    initial = reasoner.initial_latents(model, variables, config.slots)
    blank = reasoner.blank_batch(model, config.slots)
    if config.objective is not None:
        blank = objectives.blank(blank)
    steps, waiting = config.optim.accumulate, None
    if steps > 1:
        width = 0 if table is None else table.shape[1]
        waiting = accumulator.empty(variables.params, steps, config.slots, width)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        variables=variables,
        # A copy: a donated buffer may not appear twice in the state.
        ema_params=(
            jax.tree.map(jnp.copy, variables.params) if config.optim.ema_decay else None
        ),
        puzzle_table=table,
        opt_state=optim.network_optimizer(config.optim).init(variables.params),
        puzzle_opt_state=puzzle_optimizer(config.optim).init(table),
        accumulator=waiting,
        carry=halting.empty_carry(initial, blank),
        queue=queue.empty_queue(blank),
        key=key,
    )


def eval_variables(state: TrainState) -> Variables:
    """What evaluation uses: the moving average where there is one."""
    if state.ema_params is None:
        return state.variables
    return state.variables._replace(params=state.ema_params)


@jax.jit
def has_finite_weights(state: TrainState) -> Bool[Array, ""]:
    """Is everything that answers depend on a number?"""
    weights = state.variables, state.ema_params, state.puzzle_table
    finite = [jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(weights)]
    return jnp.stack(finite).all()
