"""Times the data pipeline beside the training step that it feeds, in turn.

    make bench
    python bench/data_pipeline.py --rounds=5

The step is the demo's. It is charged with a whole new batch at every step, as if no
puzzle ever took more than one segment; in truth it takes a fraction of that.
"""

from __future__ import annotations

import argparse
import functools
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import jax
import numpy as np

from configs import default
from data_pipeline import loader
from data_pipeline.config import DataConfig
from data_pipeline.generator import generate
from data_pipeline.sudoku_task import SudokuTask
from hrm_jax import experiment, train_step
from hrm_jax.train_state import init_state

BATCHES = 200
STEPS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    config = default.get_config().copy_and_resolve_references()
    data, task = config.data, SudokuTask(DataConfig(**config.data))
    puzzles = generate(task.shape, data.num_train, data.min_blanks, data.max_blanks, 0)
    source = [
        {"inputs": inputs.astype(np.uint8), "labels": labels.astype(np.uint8)}
        for inputs, labels in zip(puzzles.inputs, puzzles.labels, strict=True)
    ]
    iterator = loader.train_iterator(source, task, config.slots, 0)
    typed = experiment.train_config(config, task.dimensions)
    state = jax.jit(functools.partial(init_state, typed))(jax.random.key(0))
    state = train_step.push(state, next(iterator))
    step = jax.jit(functools.partial(train_step.train_step, typed))
    jax.block_until_ready(step(state))

    pipeline, training = [], []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(BATCHES):
            next(iterator)
        pipeline.append((time.perf_counter() - begin) / BATCHES)
        begin = time.perf_counter()
        for _ in range(STEPS):
            jax.block_until_ready(step(state))
        training.append((time.perf_counter() - begin) / STEPS)
    ratio = statistics.median(training) / statistics.median(pipeline)
    print(
        f"The data pipeline makes {ratio:.0f} batches while the training step uses one "
        f"at most ({config.slots} puzzles of {task.name}, augmented)."
    )


if __name__ == "__main__":
    main()
