"""The training loop.

Its order never changes: evaluate, save, feed, step, write one step late. It is what
makes a resumed run identical to one that was never stopped, and keeps the device busy
while a report is written.
"""

from __future__ import annotations

import contextlib
import pathlib
import signal
from typing import NamedTuple

import jax

from hrm_jax import processes, sharding
from hrm_jax.checkpoint import BEST_METRIC, Checkpoints
from hrm_jax.display import Display
from hrm_jax.loop import BatchIterator, Evaluator, Loop, LoopConfig, resume
from hrm_jax.profile import Profile
from hrm_jax.signals import InterruptedWork, StopRequest
from hrm_jax.train_state import TrainConfig
from hrm_jax.types import Variables
from hrm_jax.writer import Writer


class Outcome(NamedTuple):
    """How a call of `train` ended.

    Attributes:
      step: reached, and on disk.
      signal: what asked the run to stop before its end, or None.
    """

    step: int
    signal: signal.Signals | None


def train(
    config: TrainConfig,
    loop_config: LoopConfig,
    workdir: pathlib.Path,
    iterator: BatchIterator,
    evaluator: Evaluator | None,
    start: Variables | None = None,
    best_by: str = BEST_METRIC,
) -> Outcome:
    """Trains from the latest checkpoint in `workdir`, or from the beginning.

    A run that is asked to stop, by SIGINT or SIGTERM, first saves where it is.

    Args:
      evaluator: None if nothing is held out to evaluate on: no checkpoint is best then.
      start: weights to begin with, where there is no checkpoint; without, drawn anew.
      best_by: the score that is highest for the best checkpoint.

    Raises:
      DivergedError: the loss or the weights are not finite.
      UserError: the devices do not fit the config, or a checkpoint cannot be written.
    """
    with (
        StopRequest() as stop,
        Checkpoints(workdir, loop_config.keep_last) as checkpoints,
        processes.exit_together(),
        contextlib.ExitStack() as reporting,
    ):
        mesh = sharding.make_mesh(loop_config.fsdp, loop_config.tensor)
        sharding.require_fit(config, mesh)
        begun = resume(config, loop_config, mesh, checkpoints, start)
        if begun.step >= loop_config.steps:
            print(
                f"All {loop_config.steps:,} steps are done; "
                "a larger train.steps goes on."
            )
            return Outcome(begun.step, None)
        profile = Profile(
            workdir, begun.step, loop_config.steps, loop_config.profile_steps
        )
        costs = loop_config.schedule(config.model).costs(loop_config.steps)
        of_text = config.model.visibility != "all"
        display = reporting.enter_context(
            Display(begun.step, loop_config.steps, of_text, costs)
        )
        writer = None
        if jax.process_index() == 0:
            writer = reporting.enter_context(Writer(workdir, begun.step))

        def report(step: int, seconds: float, values: dict[str, float]) -> None:
            if writer:
                writer.write(step, seconds, values)
            display.show(step, values)

        loop = Loop(
            config, loop_config, mesh, begun, iterator, report, stop.asked_at_once
        )
        stopped = False
        while loop.step < loop_config.steps and not stopped:
            profile.tick(loop.step)
            try:
                loop.advance()
            except InterruptedWork:
                stopped = True
                continue
            display.tick(loop.step)
            scores = None
            if loop.due(loop_config.eval_every):
                scores = loop.evaluate(evaluator)
            if loop.due(loop_config.save_every) or scores:
                loop.save(checkpoints, scores[best_by] if scores else None)
            stopped = loop.step < loop_config.steps and stop.asked(loop.step)
        if stopped:
            loop.save(checkpoints)
        profile.stop()
        checkpoints.wait()
    return Outcome(loop.step, stop.signal if stopped else None)
