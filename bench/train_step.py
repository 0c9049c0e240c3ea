"""Times HRM's training step beside PyTorch's, in turn, in one process.

    python -m bench --only train_step --batch=32 --rounds=5

The full published model, 27 M parameters and 81 cells. First the contenders of one loss
show the same losses on the same weights and puzzles; then all are timed.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench import compile_time, table
from bench.chips import step_flops
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from commands import tables
from configs import sudoku_extreme
from data_pipeline import datasets
from data_pipeline.schema import Batch
from hrm_jax import experiment, train_step
from hrm_jax.models import cost
from hrm_jax.train_state import TrainConfig, TrainState, init_state

PART = "training step"
OURS, OURS_HALT = "ours, Q-learning", "ours, halt-only loss"
EAGER, COMPILED = "PyTorch eager, Q-learning", "PyTorch compiled, Q-learning"
COMPILED_HALT = "PyTorch compiled, halt-only loss"
_STEPS_COMPARED = 3
_NEVER = 10**6


def config(setting: Setting, q_learning: bool) -> TrainConfig:
    fields = sudoku_extreme.get_config("hrm")
    fields.slots = setting.batch
    fields.model.dtype = setting.dtype
    fields.halting.q_learning = q_learning
    fields.halting.exploration_prob = 0.0
    fields.optim.warmup_steps = 0
    task = datasets.task(fields.data).dimensions
    typed = experiment.train_config(fields.copy_and_resolve_references(), task)
    # No slot halts: every step of every contender then does the same work on the same
    # puzzles.
    halting = dataclasses.replace(typed.halting, max_segments=_NEVER)
    return dataclasses.replace(typed, halting=halting)


def puzzles(batch: int) -> Batch:
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 11, (2, batch, 81)).astype(np.int32)
    return Batch(tokens[0], tokens[1], np.zeros(batch, np.int32))


def our_step(config: TrainConfig) -> Callable[..., Any]:
    """Jitted, from a state and a batch to the next state and the loss."""
    minimum = jnp.full(config.slots, _NEVER, jnp.int32)

    def step(state: TrainState, batch: Batch):
        state, metrics, _ = train_step.segment_step(config, state, batch, minimum)
        halt = metrics.halt_loss + metrics.continue_loss
        return state, metrics.answer_loss + config.loss.halt_weight * halt

    return jax.jit(step, donate_argnums=0)


def initial_state(config: TrainConfig) -> TrainState:
    return jax.jit(functools.partial(init_state, config))(jax.random.key(0))


class Ours:
    def __init__(self, config: TrainConfig):
        self.state = initial_state(config)
        self.batch = jax.tree.map(jnp.asarray, puzzles(config.slots))
        self.step = our_step(config)

    def __call__(self) -> jax.Array:
        self.state, loss = self.step(self.state, self.batch)
        return loss


def works(configs: dict[bool, TrainConfig]) -> dict[bool, Work]:
    """With and without Q-learning's extra pass, which adds operations alone.

    The state is read and written once, and so is what JAX keeps for the backward pass;
    XLA may keep less and compute it again.
    """
    config = configs[True]
    init = functools.partial(init_state, config)
    # Keys are opaque, and of no size that matters.
    state = jax.eval_shape(init, jax.random.key(0))._replace(key=())
    leaves = jax.tree.leaves(state)
    bytes_of_state = sum(math.prod(x.shape) * x.dtype.itemsize for x in leaves)
    activations = cost.activation_bytes(config.model) * config.slots
    moved = 2.0 * (bytes_of_state + activations)
    return {
        q_learning: Work(float(step_flops(each) * each.slots), moved)
        for q_learning, each in configs.items()
    }


def rows(setting: Setting) -> list[Row]:
    configs = {q: config(setting, q) for q in (True, False)}
    variables = jax.tree.map(np.array, initial_state(configs[True]).variables)
    losses: dict[str, list[float]] = {}

    def shown(name: str, step: Callable[[], Any], wait: Callable[[Any], Any]) -> Run:
        losses[name] = [float(step()) for _ in range(_STEPS_COMPARED)]
        return Run(step, wait)

    def ours(name: str, q_learning: bool) -> Run:
        return shown(name, Ours(configs[q_learning]), jax.block_until_ready)

    def theirs(name: str, q_learning: bool, compiled: bool) -> Run:
        from bench import torch_step  # PyTorch may not be installed

        chosen = configs[q_learning]
        data = puzzles(setting.batch)
        step = torch_step.Step(chosen, data, variables, compiled)
        return shown(name, step, torch_step.wait)

    makers = {
        OURS: functools.partial(ours, OURS, True),
        EAGER: functools.partial(theirs, EAGER, True, False),
        COMPILED: functools.partial(theirs, COMPILED, True, True),
        OURS_HALT: functools.partial(ours, OURS_HALT, False),
        COMPILED_HALT: functools.partial(theirs, COMPILED_HALT, False, True),
    }
    counted = works(configs)
    case = f"batch {setting.batch}, {setting.dtype}"
    of_each = {name: counted[name not in (OURS_HALT, COMPILED_HALT)] for name in makers}
    found = table.measure(PART, case, makers, of_each, setting.dtype, setting.rounds)
    heads = (PART, *(f"loss {i + 1}" for i in range(_STEPS_COMPARED)))
    lines = [(name, *(f"{loss:.5f}" for loss in ls)) for name, ls in losses.items()]
    print(tables.aligned([heads, *lines]), flush=True)
    programs = {OURS: "train_step", COMPILED: "torch_train_step"}
    return compile_time.fill(found, programs, setting)
