"""Replays what was recorded of PyTorch's models: segments, halting, training steps.

Each function maps a state to the values that the files hold, by their keys.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hrm_jax import convert, halting, losses, train_step
from hrm_jax.models import reasoner
from hrm_jax.train_state import TrainConfig, TrainState
from hrm_jax.types import Latents, Variables
from tests.hrm_jax.golden import Golden

# Small models that run a few times: most of the time would go into LLVM's passes.
_QUICKLY = {"xla_backend_optimization_level": 0}


@functools.cache
def _jitted_step(config: TrainConfig):
    """`segment_step`, compiled once for all that is recorded of a model."""

    def step(state, batch, minimum):
        state, metrics, trace = train_step.segment_step(config, state, batch, minimum)
        return state, trace, _recordable(config, state, metrics, trace)

    return jax.jit(step, compiler_options=_QUICKLY)


def evaluation(
    golden: Golden, config: TrainConfig, segments: int, state: TrainState
) -> dict[str, Any]:
    """Segments of a fixed number; each starts from the recorded state before it.

    A model that amplifies rounding is so held to the same tolerance in every segment.
    """
    start, values = state, {}
    batch = golden.batch()
    minimum = jnp.full(config.slots, config.halting.max_segments, jnp.int32)
    for number in range(1, segments + 1):
        state, _, found = _jitted_step(config)(state, batch, minimum)
        # The extra pass and its loss belong to training.
        halt_loss = config.loss.halt_weight * found["metric_q_halt_loss"]
        found["loss_sum"] = found["metric_lm_loss"] + halt_loss
        values |= _prefixed(f"eval/seg{number}/", found)
        recorded = (golden[f"eval/seg{number}/{name}"] for name in ("z_H", "z_L"))
        latents = Latents(*map(jnp.asarray, recorded))
        state = start._replace(carry=state.carry._replace(latents=latents))
    return values


def first_segment(
    golden: Golden, config: TrainConfig, state: TrainState
) -> dict[str, Any]:
    """The first segment of evaluation alone, in bfloat16."""
    batch = golden.batch()
    output, loss = _jitted_segment(config)(state, batch)
    values = {
        "logits": output.logits,
        "q_halt_logits": output.q_halt_logit,
        "q_continue_logits": output.q_continue_logit,
        "loss_sum": loss,
    }
    return _prefixed("eval_bf16/seg1/", values)


@functools.cache
def _jitted_segment(config: TrainConfig):
    def segment(state, batch):
        rows = reasoner.puzzle_vectors(state.puzzle_table, batch.puzzle_ids)
        _, output = reasoner.run_segment(
            config.model, state.variables, state.carry.latents, batch.inputs, rows
        )
        loss, _ = losses.segment_loss(output, batch.labels, None, config.loss)
        return output, loss

    return jax.jit(segment, compiler_options=_QUICKLY)


def slots(golden: Golden, config: TrainConfig, state: TrainState) -> dict[str, Any]:
    """Training segments at fixed weights, a new batch offered each time."""
    values = {}
    for number in range(1, 8):
        prefix = f"act/step{number}/"
        batch, minimum = (
            golden.batch(prefix + "batch_"),
            _minimum(golden, prefix, config),
        )
        after, _, found = _jitted_step(config)(state, batch, minimum)
        values |= _prefixed(prefix, found)
        state = state._replace(carry=after.carry)
    return values


def training(golden: Golden, config: TrainConfig, state: TrainState) -> dict[str, Any]:
    """Three steps of both optimisers."""
    values = {}
    for number in range(1, 4):
        prefix = f"train/step{number}/"
        batch = golden.batch("batch/" if number == 1 else prefix + "batch_")
        minimum = _minimum(golden, prefix, config)
        state, trace, found = _jitted_step(config)(state, batch, minimum)
        values |= _prefixed(prefix, found)
        grads = _named(trace.grads)
        if number == 1:
            values |= _prefixed("grad/", grads)
            values["grad/puzzle_emb.local_weights"] = trace.row_grads
        values[prefix + "grad_norms"] = _norms(grads, golden["train/param_names"])
        weights = convert.to_state_dict(state.variables, state.puzzle_table)
        values |= _prefixed(prefix + "after/", weights)
    adam = state.opt_state[0]
    values |= _prefixed("after3/", weights)
    values |= _prefixed("after3_exp_avg/", _named(adam.mu))
    values |= _prefixed("after3_exp_avg_sq/", _named(adam.nu))
    if state.ema_params is not None:
        values |= _prefixed("ema3/", _named(state.ema_params))
    return values


def first_step(
    golden: Golden, config: TrainConfig, state: TrainState
) -> dict[str, Any]:
    """The first training segment of a variant."""
    minimum = _minimum(golden, "train/", config)
    _, trace, found = _jitted_step(config)(state, golden.batch(), minimum)
    values = _prefixed("train/", found)
    values["train/grad_norms"] = _norms(_named(trace.grads), golden["train/grad_names"])
    values["train/grad_puzzle_emb_local"] = trace.row_grads
    return values


def _norms(grads: dict[str, np.ndarray], names) -> np.ndarray:
    return np.array([np.linalg.norm(grads[name].astype(np.float64)) for name in names])


def _minimum(golden: Golden, prefix: str, config: TrainConfig) -> jax.Array:
    """The recorded draws, as the halting rule uses them."""
    uniform, drawn = golden[prefix + "draw_uniform"], golden[prefix + "draw_min_steps"]
    return halting.exploration_minimum(
        jnp.asarray(uniform), jnp.asarray(drawn), config.halting.exploration_prob
    )


def _named(params) -> dict[str, np.ndarray]:
    return convert.to_state_dict(Variables(params, {}), None)


def _prefixed(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}


def _recordable(config: TrainConfig, state, metrics, trace) -> dict[str, Any]:
    """All that a file may hold of a step."""
    carry, (latents, output, _, target, _) = state.carry, trace.aux
    loss, _ = losses.segment_loss(output, carry.example.labels, target, config.loss)
    return {
        "z_H": latents.z_h,
        "z_L": latents.z_l,
        "z_H_pos0": latents.z_h[:, 0],
        "logits": output.logits,
        "logits_first3pos": output.logits[:, :3],
        "q_halt_logits": output.q_halt_logit,
        "q_continue_logits": output.q_continue_logit,
        "target_q_continue": target,
        "loss_sum": loss,
        "steps": carry.segments,
        "halted": carry.halted,
        "all_halted": carry.halted.all(),
        "data_inputs": carry.example.inputs,
        "data_labels": carry.example.labels,
        "data_puzzle_identifiers": carry.example.puzzle_ids,
        "metric_count": metrics.finished,
        "metric_accuracy": metrics.token_accuracy,
        "metric_exact_accuracy": metrics.exact,
        "metric_q_halt_accuracy": metrics.halt_correct,
        "metric_steps": metrics.segments,
        "metric_lm_loss": metrics.answer_loss,
        "metric_q_halt_loss": metrics.halt_loss,
        "metric_q_continue_loss": metrics.continue_loss,
    }
