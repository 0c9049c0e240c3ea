"""Times HRM's training step beside PyTorch's, in turn, in one process.

    make bench
    python bench/train_step.py --batch=32 --rounds=5

The full published model: 27 M parameters, 81 cells, both dtypes. All contenders first
show the same losses on the same weights and puzzles; then they are timed in turn,
round by round, and ratios of medians are printed. Absolute times are the machine's own
affair.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import pathlib
import statistics
import sys
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import jax
import jax.numpy as jnp
import numpy as np
import torch

from bench import torch_hrm
from configs import sudoku_extreme
from data_pipeline import datasets
from data_pipeline.schema import Batch
from hrm_jax import experiment, train_step
from hrm_jax.train_state import TrainConfig, init_state

STEPS_COMPARED = 3


def contender_config(dtype: str, batch: int, q_learning: bool) -> TrainConfig:
    config = sudoku_extreme.get_config("hrm")
    config.slots = batch
    config.model.dtype = dtype
    config.halting.q_learning = q_learning
    config.halting.exploration_prob = 0.0
    config.optim.warmup_steps = 0
    task = datasets.task(config.data).dimensions
    config = experiment.train_config(config.copy_and_resolve_references(), task)
    # No slot halts: every step of every contender then does the same work on the same
    # puzzles.
    return dataclasses.replace(
        config, halting=dataclasses.replace(config.halting, max_segments=10**6)
    )


def puzzles(batch: int) -> Batch:
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 11, (2, batch, 81)).astype(np.int32)
    return Batch(tokens[0], tokens[1], np.zeros(batch, np.int32))


class Ours:
    def __init__(self, config: TrainConfig, batch: Batch):
        self.config = config
        init = functools.partial(init_state, config)
        self.state = jax.jit(init)(jax.random.key(0))
        self.variables = jax.tree.map(np.array, self.state.variables)
        batch = jax.tree.map(jnp.asarray, batch)
        minimum = jnp.full(config.slots, 10**6, jnp.int32)

        def step(state, batch):
            state, metrics, _ = train_step.segment_step(config, state, batch, minimum)
            halt = metrics.halt_loss + metrics.continue_loss
            return state, metrics.answer_loss + config.loss.halt_weight * halt

        self.batch = batch
        self.step = jax.jit(step, donate_argnums=0)

    def __call__(self) -> float:
        self.state, loss = self.step(self.state, self.batch)
        return float(loss)


class Theirs:
    def __init__(self, config: TrainConfig, batch: Batch, variables, compiled: bool):
        self.config = config
        model = torch_hrm.Hrm(config)
        model.load(variables.params)
        self.optimizer = torch_hrm.AdamATan2(model.parameters(), config)
        dtype = model.dtype
        shape = (config.slots, config.model.length, config.model.width)
        self.state = tuple(
            torch.from_numpy(np.array(variables.constants[name]))
            .to(dtype)
            .expand(shape)
            for name in ("z_h_init", "z_l_init")
        )
        self.table = torch.zeros(1, config.model.puzzle_width)
        self.inputs = torch.from_numpy(batch.inputs)
        self.labels = torch.from_numpy(batch.labels)
        self.segments = torch.zeros(config.slots)

        def loss_of(state, rows, segments):
            return torch_hrm.loss_of(
                model, state, self.inputs, self.labels, rows, segments, config
            )

        self.loss_of = torch.compile(loss_of) if compiled else loss_of

    def __call__(self) -> float:
        optim = self.config.optim
        rows = self.table.expand(self.config.slots, -1).clone().requires_grad_()
        loss, self.state = self.loss_of(self.state, rows, self.segments)
        (loss / self.config.slots).backward()
        self.optimizer.step(optim.learning_rate)
        rate, decay = optim.puzzle_learning_rate, optim.puzzle_weight_decay
        self.table.mul_(1 - rate * decay).sub_(rows.grad.sum(0).sign(), alpha=rate)
        self.segments += 1
        return float(loss.detach())


def measure(dtype: str, batch: int, rounds: int) -> dict:
    """Losses and seconds of every contender."""
    data = puzzles(batch)
    ours = Ours(contender_config(dtype, batch, q_learning=True), data)
    theirs = functools.partial(Theirs, ours.config, data, ours.variables)
    contenders: dict[str, Callable[[], float]] = {
        "ours": ours,
        "ours, halt-only loss": Ours(contender_config(dtype, batch, False), data),
        "PyTorch eager": theirs(compiled=False),
        "PyTorch compiled": theirs(compiled=True),
    }
    losses: dict[str, list[float]] = {}
    for name, step in contenders.items():
        # The first step compiles, and PyTorch's bfloat16 takes minutes on some CPUs.
        print(f"{dtype}: the first steps of {name}", file=sys.stderr, flush=True)
        losses[name] = [step() for _ in range(STEPS_COMPARED)]
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        print(f"{dtype}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for name, step in contenders.items():
            begin = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - begin)
    return {"dtype": dtype, "batch": batch, "losses": losses, "seconds": seconds}


def show(result: dict) -> None:
    medians = {name: statistics.median(t) for name, t in result["seconds"].items()}
    print(f"\n{result['dtype']}, batch {result['batch']}")
    print(f"{'':22}{'loss at steps 1, 2, 3':>36}{'time over ours':>16}")
    for name, losses in result["losses"].items():
        numbers = " ".join(f"{loss:11.5f}" for loss in losses)
        print(f"{name:22}{numbers:>36}{medians[name] / medians['ours']:>16.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--output", type=pathlib.Path, default="runs/bench.json")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    results = []
    for dtype in arguments.dtypes:
        results.append(measure(dtype, arguments.batch, arguments.rounds))
        show(results[-1])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nAll numbers are in {arguments.output}.")


if __name__ == "__main__":
    main()
