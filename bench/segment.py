"""Times one segment without gradient, as evaluation runs it, beside PyTorch's.

python -m bench --only segment
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench import compile_time, table, train_step
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from hrm_jax.models import cost, reasoner
from hrm_jax.train_state import TrainConfig

PART = "evaluation segment"
OURS, EAGER, COMPILED = "ours", "PyTorch eager", "PyTorch compiled"


def program(setting: Setting) -> tuple[Any, tuple[Any, ...]]:
    """A jitted segment with its answers, and what to call it with."""
    config = train_step.config(setting, q_learning=True)
    state = train_step.initial_state(config)

    def segment(variables, latents, inputs, rows):
        latents, output = reasoner.run_segment(
            config.model, variables, latents, inputs, rows
        )
        return latents, output.logits.argmax(-1), output.q_halt_logit

    inputs = jnp.asarray(train_step.puzzles(setting.batch).inputs)
    rows = jnp.zeros((setting.batch, config.model.puzzle_width))
    arguments = (state.variables, state.carry.latents, inputs, rows)
    return jax.jit(segment), arguments


def theirs(setting: Setting, compiled: bool) -> Run:
    """Raises: ImportError: PyTorch is not installed, or not for this device."""
    from bench import torch_step

    config = train_step.config(setting, q_learning=True)
    variables = train_step.initial_state(config).variables
    variables = jax.tree.map(np.array, variables)
    data = train_step.puzzles(setting.batch)
    return torch_step.segment(config, data, variables, compiled)


def work(config: TrainConfig, variables: Any) -> Work:
    """Reads the weights, reads and writes the state."""
    model = config.model
    state = 2 * model.length * model.width * jnp.dtype(model.dtype).itemsize
    weights = sum(
        math.prod(x.shape) * x.dtype.itemsize for x in jax.tree.leaves(variables)
    )
    flops = cost.segment_flops(model) * config.slots
    return Work(flops, weights + 2.0 * state * config.slots)


def rows(setting: Setting) -> list[Row]:
    function, arguments = program(setting)
    makers: dict[str, Callable[[], Run]] = {
        OURS: lambda: Run(functools.partial(function, *arguments)),
        EAGER: lambda: theirs(setting, compiled=False),
        COMPILED: lambda: theirs(setting, compiled=True),
    }
    counted = work(train_step.config(setting, q_learning=True), arguments[0])
    works = dict.fromkeys(makers, counted)
    case = f"batch {setting.batch}, {setting.dtype}"
    found = table.measure(PART, case, makers, works, setting.dtype, setting.rounds)
    return compile_time.fill(
        found, {OURS: "segment", COMPILED: "torch_segment"}, setting
    )
