"""One training step: refill, one segment with its loss, update, advance."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Float32, Int32

from data_pipeline.schema import Batch, Rollout
from hrm_jax import accumulator, halting, losses, optim, quantization, queue
from hrm_jax.halting import Carry
from hrm_jax.losses import SegmentLoss
from hrm_jax.models import reasoner, states
from hrm_jax.rl import objectives
from hrm_jax.rl.objectives import ObjectiveConfig, PolicySums
from hrm_jax.train_state import TrainConfig, TrainState, puzzle_optimizer
from hrm_jax.types import Latents, Params, SegmentOutput, Variables

# Folds of a step's key; `halting.draw_minimum` splits it, into what are folds 0 and 1.
_STATES, _NOISE = 2, 3


class StepMetrics(NamedTuple):
    """Sums and counts of one step; the host divides them.

    `finished` counts the labelled examples that halted in this step; exact,
    token_accuracy, halt_correct and segments are sums over them. The losses are sums
    over all slots; grad_norm is of this step's gradients alone. `policy` is there under
    an objective of reinforcement, whose loss is then the answers'.
    """

    slots: Float32[Array, ""]
    answer_loss: Float32[Array, ""]
    halt_loss: Float32[Array, ""]
    continue_loss: Float32[Array, ""]
    finished: Float32[Array, ""]
    exact: Float32[Array, ""]
    token_accuracy: Float32[Array, ""]
    halt_correct: Float32[Array, ""]
    segments: Float32[Array, ""]
    grad_norm: Float32[Array, ""]
    waiting: Int32[Array, ""]
    policy: PolicySums | None = None


class LossAux(NamedTuple):
    """What the loss function computes besides the loss."""

    latents: Latents
    output: SegmentOutput
    parts: SegmentLoss
    q_continue_target: Float32[Array, " B"] | None
    policy: PolicySums | None = None


class StepTrace(NamedTuple):
    """What a step computes on its way; nothing of it is kept.

    Attributes:
      grads: of the mean loss, with respect to the parameters.
      row_grads: with respect to each example's copy of its row of the puzzle table.
    """

    aux: LossAux
    grads: Params
    row_grads: Float32[Array, "B E"]


def push(state: TrainState, batch: Batch) -> TrainState:
    """Adds a batch to the queue."""
    return state._replace(queue=queue.push(state.queue, batch))


def train_step(
    config: TrainConfig, state: TrainState
) -> tuple[TrainState, StepMetrics]:
    """Slots take what waits for them, think for one segment, and the model learns."""
    fresh, waiting = queue.take(state.queue, state.carry.halted)
    key = jax.random.fold_in(state.key, state.step)
    minimum = halting.draw_minimum(key, config.slots, config.halting)
    state, metrics, _ = segment_step(
        config, state._replace(queue=waiting), fresh, minimum, key
    )
    return state, metrics


def segment_step(
    config: TrainConfig,
    state: TrainState,
    fresh: Batch,
    minimum: Int32[Array, " B"],
    key: Array | None = None,
) -> tuple[TrainState, StepMetrics, StepTrace]:
    """`train_step` with its data and its exploration given.

    Args:
      fresh: halted slots take the example in their row.
      minimum: segments that a slot must do before it may halt.
      key: of the step; None where neither initial states nor noise are drawn.
    """
    carry = _begin(config, state, fresh, key)
    rows = reasoner.puzzle_vectors(state.puzzle_table, carry.example.puzzle_ids)
    (grads, row_grads), aux = _gradients(config, state.variables, rows, carry)
    advanced = halting.advance(carry, aux.latents, aux.output, minimum, config.halting)
    metrics = _metrics(advanced, aux, grads, state.queue.waiting)
    state = _learn(config, state, grads, row_grads, carry.example.puzzle_ids)
    trace = StepTrace(aux, grads, row_grads)
    return state._replace(carry=advanced), metrics, trace


def _begin(
    config: TrainConfig, state: TrainState, fresh: Batch, key: Array | None
) -> Carry:
    """The slots as the segment finds them."""
    model, keys = config.model, None
    if model.initial_states == "random":
        keys = jax.random.split(_fold(key, _STATES), config.slots)
    initial = states.initial_latents(model, state.variables, config.slots, keys)
    carry = halting.refill(state.carry, fresh, initial)
    if not model.state_noise:
        return carry
    noisy = states.disturb(model, carry.latents, _fold(key, _NOISE))
    return carry._replace(latents=noisy)


def _fold(key: Array | None, number: int) -> Array:
    assert key is not None, "something is drawn"
    return jax.random.fold_in(key, number)


def _gradients(
    config: TrainConfig, variables: Variables, rows: Float32[Array, "B E"], carry: Carry
) -> tuple[tuple[Params, Float32[Array, "B E"]], LossAux]:
    """Gradients of the mean loss with respect to the parameters, as rounded where
    training rounds them (`quantization.seen`), and to the puzzle rows.

    With `config.microbatches` = n the slots are processed in n parts, one after the
    other; part i takes every n-th slot, so that each device keeps an equal share of
    every part.
    """
    params, constants = quantization.seen(config.quantization, variables)
    if config.objective is None:
        tokens_per_row = losses.mean_labelled(carry.example.labels)
        loss = functools.partial(_loss, config, constants, tokens_per_row)
    else:
        answers_per_row = objectives.mean_answers(carry.example)
        loss = functools.partial(
            _policy_loss, config, config.objective, constants, answers_per_row
        )
    grad = jax.grad(loss, argnums=(0, 1), has_aux=True)
    parts = config.microbatches
    if parts == 1:
        return grad(params, rows, carry)

    def split(slots: Array) -> Array:
        shape = config.slots // parts, parts, *slots.shape[1:]
        return slots.reshape(shape).swapaxes(0, 1)

    def join(stacked: Array) -> Array:
        if stacked.ndim == 1:  # a sum over the slots of each part
            return stacked.sum()
        return stacked.swapaxes(0, 1).reshape(config.slots, *stacked.shape[2:])

    def add(total: Params, part: tuple[Array, Carry]) -> tuple[Params, Any]:
        (grads, row_grads), aux = grad(params, *part)
        return optax.tree.add(total, grads), (row_grads, aux)

    zeros = jax.tree.map(jnp.zeros_like, params)
    grads, stacked = jax.lax.scan(add, zeros, jax.tree.map(split, (rows, carry)))
    row_grads, aux = jax.tree.map(join, stacked)
    return (grads, row_grads), aux


def _loss(
    config: TrainConfig, constants, tokens_per_row, params, rows, carry: Carry
) -> tuple[Float32[Array, ""], LossAux]:
    variables = Variables(params, constants)
    inputs, layout = carry.example.inputs, carry.example.layout
    latents, output = reasoner.run_segment(
        config.model, variables, carry.latents, inputs, rows, layout, config.remat
    )
    target = None
    if config.halting.q_learning and config.halting.max_segments > 1:
        given = jax.lax.stop_gradient((variables, latents, inputs, rows))
        _, following = reasoner.run_segment(config.model, *given, layout)
        target = halting.q_continue_target(
            carry.segments + 1, following, config.halting
        )
    total, parts = losses.segment_loss(
        output, carry.example.labels, target, config.loss, tokens_per_row
    )
    return total / config.slots, LossAux(latents, output, parts, target)


def _policy_loss(
    config: TrainConfig,
    objective: ObjectiveConfig,
    constants,
    answers_per_row,
    params,
    rows,
    carry: Carry,
) -> tuple[Float32[Array, ""], LossAux]:
    """As `_loss`, after as many segments as the answers were drawn with."""
    variables, example = Variables(params, constants), carry.example
    assert isinstance(example.layout, Rollout), "the answers were drawn"
    layout, latents = example.layout, carry.latents
    for _ in range(objective.segments - 1):
        given = jax.lax.stop_gradient((variables, latents, example.inputs, rows))
        latents, _ = reasoner.run_segment(config.model, *given, layout)
    latents, output = reasoner.run_segment(
        config.model, variables, latents, example.inputs, rows, layout, config.remat
    )
    total, parts, policy = objectives.policy_loss(
        output, example.labels, layout, objective, answers_per_row
    )
    return total / config.slots, LossAux(latents, output, parts, None, policy)


def _learn(
    config: TrainConfig, state: TrainState, grads, row_grads, puzzle_ids
) -> TrainState:
    """Applies the gradients, or accumulates them until enough steps have passed."""
    steps = config.optim.accumulate
    if state.accumulator is None:
        state = _update(config, state, grads, row_grads, puzzle_ids)
    else:
        place = state.step % steps
        sums = accumulator.add(state.accumulator, place, grads, row_grads, puzzle_ids)
        state = jax.lax.cond(
            place == steps - 1,
            lambda state: _update(config, state, *accumulator.mean(sums, steps)),
            lambda state: state,
            state._replace(accumulator=sums),
        )
    return state._replace(step=state.step + 1)


def _update(
    config: TrainConfig, state: TrainState, grads, row_grads, puzzle_ids
) -> TrainState:
    """Both optimisers and the moving average."""
    params = state.variables.params
    updates, opt_state = optim.network_optimizer(config.optim).update(
        grads, state.opt_state, params
    )
    params = optax.apply_updates(params, updates)
    if not config.model.embedding_learns:
        # No gradient is no reason to decay it, or to forget its moments.
        before = state.variables.params, state.opt_state
        params, opt_state = _with_embedding_of(before, (params, opt_state))
    ema_params = state.ema_params
    if ema_params is not None:
        fraction = 1 - config.optim.ema_decay
        ema_params = optax.incremental_update(params, ema_params, fraction)
    table, puzzle_opt_state = state.puzzle_table, state.puzzle_opt_state
    if table is not None:
        row_updates, puzzle_opt_state = puzzle_optimizer(config.optim).update(
            row_grads, puzzle_opt_state, table, row_ids=puzzle_ids
        )
        table = optim.apply_row_updates(table, row_updates)
    return state._replace(
        variables=state.variables._replace(params=params),
        ema_params=ema_params,
        puzzle_table=table,
        opt_state=opt_state,
        puzzle_opt_state=puzzle_opt_state,
    )


def _with_embedding_of(before: Any, after: Any) -> Any:
    """A copy of `after` in which the token embedding's leaves are those of `before`."""

    def choose(path: tuple[Any, ...], old: Array, new: Array) -> Array:
        names = [getattr(part, "key", None) for part in path]
        return old if "token_embedding" in names else new

    return jax.tree_util.tree_map_with_path(choose, before, after)


def _metrics(carry: Carry, aux: LossAux, grads, waiting) -> StepMetrics:
    parts = aux.parts
    finished = carry.halted & (parts.labelled_tokens > 0)
    accuracy = parts.correct_tokens / jnp.maximum(parts.labelled_tokens, 1)
    halt_correct = (aux.output.q_halt_logit >= 0) == parts.exact

    def over_finished(values: Array) -> Float32[Array, ""]:
        return jnp.where(finished, values.astype(jnp.float32), 0.0).sum()

    return StepMetrics(
        slots=jnp.float32(finished.size),
        answer_loss=parts.answer,
        halt_loss=parts.halt,
        continue_loss=parts.continue_,
        finished=finished.sum().astype(jnp.float32),
        exact=over_finished(parts.exact),
        token_accuracy=over_finished(accuracy),
        halt_correct=over_finished(halt_correct),
        segments=over_finished(carry.segments),
        grad_norm=optax.tree.norm(grads),
        waiting=waiting,
        policy=aux.policy,
    )
