"""What self-speculative decoding could win: how often a model knows a token early.

    python bench/early_exits.py --workdir=runs/text

Each token of held-out answers is read along after every H-cycle of every segment. A
model may draft tokens by the first part of its calls, and take all of them together
through the rest, where what it drafts is checked (LayerSkip, arXiv:2404.16710, without
training for it). What is drafted is part of the whole answer, and computed once.

Where moving the weights is what takes the time, as for a few answers on any hardware,
several tokens cost in a call what one costs. With a share c of the calls before the
exit, and a share a of drafts that hold, k drafts give (1 - a^(k+1)) / (1 - a) tokens
for (k + 1) c + (1 - c) tokens' time. Where arithmetic takes the time nothing is won.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import jax
import jax.numpy as jnp
import numpy as np

from commands import flags, tables
from commands.text_run import TextRun
from data_pipeline import loader
from data_pipeline.schema import IGNORE_LABEL, Batch, UserError
from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables

_MOST_DRAFTS = 8


def choices(
    config: ReasonerConfig, segments: int, variables: Variables, batch: Batch
) -> list[jax.Array]:
    """The most probable tokens `[B S]` after each H-cycle, in order."""
    rows = len(batch.inputs)
    latents = reasoner.initial_latents(config, variables, rows)
    nowhere = jnp.zeros((rows, 0), jnp.float32)
    found = []
    for _ in range(segments):
        after = latents
        for cycles in range(1, config.h_cycles + 1):
            part = dataclasses.replace(
                config, h_cycles=cycles, gradient_window=config.l_cycles + 1
            )
            after, output = reasoner.run_segment(
                part, variables, latents, batch.inputs, nowhere, batch.layout
            )
            found.append(output.logits.argmax(-1))
        latents = after
    return found


def won(held: float, share: float) -> tuple[int, float]:
    """The best number of drafts, none perhaps, and how many times as fast it is."""
    speeds = {
        drafts: sum(held**i for i in range(drafts + 1)) / (drafts * share + 1)
        for drafts in range(_MOST_DRAFTS + 1)
    }
    best = max(speeds, key=lambda drafts: speeds[drafts])
    return best, speeds[best]


def main() -> None:
    line = flags.parse(["early_exits", "evaluate", *sys.argv[1:]])
    run = TextRun.of(line)
    model = run.train_config.model
    if model.recurrence != "hierarchical":
        raise UserError("A loop of one state has no H-cycles: take another run.")
    batch = loader.read_all(run.task.prepare().test, line.config.evaluation.examples)
    choose = jax.jit(functools.partial(choices, model, run.segments))
    size = line.config.evaluation.batch_size
    parts = []
    for start in range(0, len(batch.inputs) // size * size, size):
        rows = slice(start, start + size)
        some = jax.tree.map(lambda array, rows=rows: array[rows], batch)
        said = np.asarray(some.labels) != IGNORE_LABEL
        parts.append(
            [np.asarray(one)[said] for one in choose(run.weights.variables, some)]
        )
    exits = [np.concatenate(one) for one in zip(*parts, strict=True)]
    rows = [("exit after", "of the calls", "agrees", "drafts", "times as fast")]
    for number, one in enumerate(exits[:-1], start=1):
        held, share = float((one == exits[-1]).mean()), number / len(exits)
        drafts, speed = won(held, share)
        name = f"{number} of {len(exits)} cycles"
        rows.append((name, f"{share:.0%}", f"{held:.1%}", str(drafts), f"{speed:.2f}"))
    print(f"{len(exits[-1]):,} tokens of answers, {run.workdir} at step {run.step:,}")
    print(tables.aligned(rows))


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
