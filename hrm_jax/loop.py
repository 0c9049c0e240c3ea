"""One run of training between two steps: what it holds, and what it can do next.

The order of what it does is `hrm_jax.train`'s.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from data_pipeline.schema import Batch, UserError, require, require_at_least
from hrm_jax import depth, queue, sharding, train_state, train_step
from hrm_jax import metrics as metrics_lib
from hrm_jax.checkpoint import BEST_METRIC, FIRST_NOTES, Checkpoints, Restored
from hrm_jax.depth import DepthSchedule
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.train_state import TrainConfig, TrainState
from hrm_jax.types import Variables


@dataclasses.dataclass(frozen=True)
class LoopConfig:
    """Attributes:
    seed: of the parameters and of every draw in training.
    start_from: folder of a run whose weights this one begins with, or empty.
    steps: training steps of the whole run.
    log_every, eval_every, save_every: in steps; 0 means at the end only.
    keep_last: checkpoints kept beside the best.
    fsdp: devices that share one copy of the parameters.
    tensor: devices that share each layer.
    depths: stages of less depth to begin with, see `depth.stages`.
    depth_steps: that their shares are of, all steps as a rule.
    first_window, window_steps: of the gradient window, see `DepthSchedule`.
    profile_steps: steps traced for a profile; 0 for none.
    """

    seed: int
    start_from: str
    steps: int
    log_every: int
    eval_every: int
    save_every: int
    keep_last: int
    fsdp: int
    tensor: int
    depths: tuple[str, ...]
    depth_steps: int
    first_window: int
    window_steps: int
    profile_steps: int

    def __post_init__(self):
        require_at_least(
            "train",
            self,
            steps=1,
            keep_last=1,
            log_every=0,
            eval_every=0,
            save_every=0,
            first_window=0,
            window_steps=0,
            profile_steps=0,
        )
        in_range = 0 <= self.seed < 2**32
        require(in_range, "train", self, "seed", "at least 0 and below 2**32")

    def schedule(self, model: ReasonerConfig) -> DepthSchedule:
        """Raises: UserError: see `stages`."""
        stages = self.stages(model.h_cycles, model.l_cycles)
        return DepthSchedule(model, stages, self.first_window, self.window_steps)

    def stages(self, h_cycles: int, l_cycles: int) -> tuple[depth.Stage, ...]:
        """Those of a model of so many cycles.

        Raises:
          UserError: it has no such stages, or they leave no step at its whole depth.
        """
        found = depth.stages(self.depths, self.depth_steps, h_cycles, l_cycles)
        if found and found[-1].end >= self.steps:
            raise UserError(
                f"train.depths ends at step {found[-1].end:,}, but train.steps is "
                f"{self.steps:,}: the last steps must have the model's whole depth. "
                "Take more steps, or stages with smaller shares."
            )
        return found


@runtime_checkable
class BatchIterator(Protocol):
    """An endless data stream whose position can be saved.

    A batch holds the rows of this process alone, `sharding.own_rows`; the position is
    the same in all.
    """

    def __next__(self) -> Batch: ...

    def get_state(self) -> dict: ...

    def set_state(self, state: dict) -> None: ...


@runtime_checkable
class OnPolicy(Protocol):
    """A `BatchIterator` whose batches depend on what was learned so far."""

    def look(
        self, state: TrainState, stopping: Callable[[], bool]
    ) -> dict[str, float] | None:
        """Sees the state before each batch; gives numbers to report, if it has any.

        Args:
          stopping: whether someone has asked to stop, to be asked while it takes long.

        Raises:
          InterruptedWork: it was so; the iterator is as it was before.
        """
        ...


Evaluator = Callable[[TrainState], dict[str, float]]
"""Maps a state to numbers; one of them tells which checkpoint is best."""


_StepFn = Callable[[TrainState], tuple[TrainState, Any]]

Report = Callable[[int, float, dict[str, float]], None]
"""Called with a step, the seconds of training so far, over all resumptions, and the
numbers that are of that step."""


class DivergedError(UserError):
    """The loss or the weights are no numbers any more; the message says what to try."""

    def __init__(self, what: str, step: int):
        super().__init__(
            f"{what} not finite at step {step}; nothing of it is saved. Start again in "
            "a new workdir with a smaller optim.learning_rate, a longer "
            "optim.warmup_steps or model.dtype=float32."
        )


def resume(
    config: TrainConfig,
    loop_config: LoopConfig,
    mesh: Mesh,
    checkpoints: Checkpoints,
    start: Variables | None = None,
) -> Restored:
    """Where a run goes on: at its latest checkpoint, or before its first step.

    Tells the user which, and what could not be read.

    Args:
      start: weights to begin with, where there is no checkpoint; without, drawn anew.

    Raises:
      UserError: there are checkpoints, but none can be read.
    """
    init = functools.partial(train_state.init_state, config)
    key = jax.random.key(loop_config.seed)
    shapes = jax.eval_shape(init, key)
    shardings = sharding.state_shardings(shapes, mesh)
    restored = checkpoints.restore(sharding.with_shardings(shapes, shardings))
    if restored is None:
        if start is not None:
            origin = loop_config.start_from
            print(f"Beginning with the weights of {origin}.", flush=True)
        state = jax.jit(init, out_shardings=shardings)(key, start)
        return Restored(0, state, {}, FIRST_NOTES, [])
    for complaint in restored.complaints:
        print(complaint, flush=True)
    print(f"Going on from the checkpoint of step {restored.step}.", flush=True)
    return restored


class Loop:
    """One run of training: what it holds between two steps, and how it moves on.

    Attributes:
      step: taken so far.
      state: after it.
    """

    def __init__(
        self,
        config: TrainConfig,
        loop_config: LoopConfig,
        mesh: Mesh,
        begun: Restored,
        iterator: BatchIterator,
        report: Report,
        stopping: Callable[[], bool],
    ):
        """Args:
        begun: where the run goes on, from `resume`.
        report: told metrics and scores.
        stopping: whether to give up what takes long between two steps.
        """
        self.step, self.state = begun.step, begun.state
        self._config, self._loop_config, self._mesh = config, loop_config, mesh
        self._schedule = loop_config.schedule(config.model)
        self._iterator, self._report, self._stopping = iterator, report, stopping
        if begun.data:  # weights brought from elsewhere have seen nothing of it
            iterator.set_state(begun.data)
        self._seconds_before = begun.notes["seconds"]
        self._began = time.monotonic()
        self._window = metrics_lib.Window(begun.notes["window"])
        self._waiting = int(self.state.queue.waiting)
        self._before = int(self.state.queue.before)
        self._pending: train_step.StepMetrics | None = None
        self._shardings = sharding.state_shardings(self.state, mesh)
        self._step_fns: dict[ReasonerConfig, _StepFn] = {}
        self._push_fn = jax.jit(
            train_step.push, donate_argnums=0, out_shardings=self._shardings
        )

    def advance(self) -> None:
        """Feeds the queue where it runs low, and takes one step.

        Raises:
          InterruptedWork: it has not, see `OnPolicy`.
        """
        slots = self._config.slots
        pushed = slots if queue.needs_batch(self._before, slots) else 0
        if pushed:
            self._show_weights()
            batch = sharding.shard_batch(next(self._iterator), self._mesh, slots)
            self.state = self._push_fn(self.state, batch)
        with jax.set_mesh(self._mesh):
            self.state, metrics = self._step_fn(self.state)
        # Only now wait for the step before: the device already has its next work.
        self.settle()
        self._pending = metrics
        self._before = self._waiting + pushed
        self.step += 1

    def _show_weights(self) -> None:
        if not isinstance(self._iterator, OnPolicy):
            return
        self.settle()
        numbers = self._iterator.look(self.state, self._stopping)
        if numbers is not None:
            # Of the step to come: a run that goes on from here tells it again.
            self._tell("rollout", self.step + 1, numbers)

    def _step_fn(self, state: TrainState) -> tuple[TrainState, Any]:
        """The next step, which is a program of its own for each depth."""
        model = self._schedule.at(self.step)
        if model not in self._step_fns:
            config = dataclasses.replace(self._config, model=model)
            # Each process reads sums over all slots, which the devices have added up.
            everywhere = NamedSharding(self._mesh, P())
            self._step_fns[model] = jax.jit(
                functools.partial(train_step.train_step, config),
                donate_argnums=0,
                out_shardings=(self._shardings, everywhere),
            )
        return self._step_fns[model](state)

    def settle(self) -> None:
        """Waits for the step that was taken last, and reports it where that is due."""
        if self._pending is None:
            return
        metrics = jax.device_get(self._pending)
        self._pending = None
        if not metrics_lib.is_finite(metrics):
            raise DivergedError("The loss is", self.step)
        self._waiting = int(metrics.waiting)
        self._window.add(metrics)
        if self.due(self._loop_config.log_every):
            averages = self._window.averages()
            self._window = metrics_lib.Window()
            if self._loop_config.depths:
                averages["calls"] = self._schedule.at(self.step - 1).module_calls
            self._tell("train", self.step, averages)

    def _tell(self, kind: str, step: int, values: dict[str, float]) -> None:
        named = {f"{kind}/{name}": value for name, value in values.items()}
        self._report(step, self._seconds(), named)

    def _seconds(self) -> float:
        """Of training, over all resumptions."""
        return self._seconds_before + time.monotonic() - self._began

    def due(self, every: int) -> bool:
        """Is it time for what comes every so many steps, and at the end?"""
        last = self.step == self._loop_config.steps
        return last or (every > 0 and self.step % every == 0)

    def evaluate(self, evaluator: Evaluator | None) -> dict[str, float] | None:
        """Reports scores of the state as it is, if there is anything to score it by.

        Not while segments are shorter than those that an evaluation takes.
        """
        self.settle()
        if evaluator is None or not self._schedule.is_whole(self.step - 1):
            return None
        self._require_finite_weights()
        scores = evaluator(self.state)
        self._tell("eval", self.step, scores)
        return scores

    def _require_finite_weights(self) -> None:
        """No loss tells of the last update, since it was computed before."""
        if not train_state.has_finite_weights(self.state):
            raise DivergedError("The weights are", self.step)

    def save(self, checkpoints: Checkpoints, score: float | None = None) -> None:
        """Starts to save everything that the rest of the run depends on.

        Args:
          score: by which the best checkpoint is found, where there was an evaluation.
        """
        # A report must be on disk before the checkpoint that forgets its numbers.
        self.settle()
        if score is None:  # else the evaluation has seen to it
            self._require_finite_weights()
        notes = {"seconds": self._seconds(), "window": self._window.sums}
        best = None if score is None else {BEST_METRIC: score}
        data = self._iterator.get_state()
        checkpoints.save(self.step, self.state, data, notes, best)
