"""Times the data pipeline beside the training step that it feeds, in turn.

    python -m bench --only data_pipeline

The step is the demo's. It is charged with a whole new batch at every step, as if no
puzzle ever took more than one segment; in truth it takes a fraction of that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import numpy as np

from bench import table
from bench.chips import step_flops
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from configs import default
from data_pipeline import loader
from data_pipeline.config import DataConfig
from data_pipeline.sudoku.generator import generate
from data_pipeline.sudoku.task import SudokuTask
from hrm_jax import experiment, train_step
from hrm_jax.train_state import init_state

PART = "data pipeline"
STEP, BATCH = "the demo's training step", "a batch for it"


def rows(setting: Setting) -> list[Row]:
    config = default.get_config().copy_and_resolve_references()
    data, task = config.data, SudokuTask(DataConfig(**config.data))
    count = 200 if setting.quick else data.num_train
    puzzles = generate(task.shape, count, data.min_blanks, data.max_blanks, 0)
    source = [
        {"inputs": inputs.astype(np.uint8), "labels": labels.astype(np.uint8)}
        for inputs, labels in zip(puzzles.inputs, puzzles.labels, strict=True)
    ]
    iterator = loader.train_iterator(source, task, config.slots, 0)
    typed = experiment.train_config(config, task.dimensions)
    state = jax.jit(functools.partial(init_state, typed))(jax.random.key(0))
    state = train_step.push(state, next(iterator))
    step = jax.jit(functools.partial(train_step.train_step, typed))
    makers: dict[str, Callable[[], Run]] = {
        STEP: lambda: Run(lambda: step(state)),
        BATCH: lambda: Run(lambda: next(iterator), wait=lambda batch: None),
    }
    batch = next(iterator)
    moved = sum(array.nbytes for array in jax.tree.leaves(batch))
    flops = float(step_flops(typed) * typed.slots)
    works = {STEP: Work(flops, 0.0), BATCH: Work(0.0, float(moved))}
    case = f"{config.slots} puzzles of {task.name}, augmented"
    return table.measure(PART, case, makers, works, "float32", setting.rounds)
