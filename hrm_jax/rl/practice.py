"""What a policy learns from as a data stream: its own answers, round after round."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline.schema import IGNORE_LABEL, Batch, Rollout, UserError
from eval.benchmarks import ledger
from hrm_jax import predictor, quantization
from hrm_jax.predictor import Weights
from hrm_jax.quantization import QuantizationConfig
from hrm_jax.rl import journal, lessons, mistakes, objectives, rounds
from hrm_jax.rl.batches import batches
from hrm_jax.rl.journal import Journal
from hrm_jax.rl.lessons import Lesson
from hrm_jax.rl.mistakes import AskRepair
from hrm_jax.rl.objectives import DAGGER, RATIOS
from hrm_jax.rl.rewards import RewardConfig
from hrm_jax.rl.rounds import Drawn, Exercise, Judge, Policy, RoundConfig, Timing
from hrm_jax.signals import InterruptedWork
from hrm_jax.text import likelihood
from hrm_jax.train_state import TrainState
from hrm_jax.types import Variables

_MISTAKES = 1_000_000
"""Seed component of the mistakes' draw; larger than any pass number."""
_IN_VAIN = 50
"""Rounds in a row of which nothing can be learned."""
_LARGEST_GAP = 0.05
"""Nats a token between who drew an answer and who learns from it, on average."""

_UNEVEN = (
    "An earlier version saved this run in the middle of a round, whose batches were "
    "not of even size: as it is divided anew, some of its answers may be learned from "
    "twice, and some not."
)


class PracticeConfig(NamedTuple):
    """Attributes:
    objective: of `objectives.NAMES`, but for the first.
    rounds, rewards: see there.
    quantization: of the matrices that training sees; answers are drawn with these.
    slots, seq_len: rows of a batch and tokens of a row.
    seed: of all draws.
    """

    objective: str
    rounds: RoundConfig
    rewards: RewardConfig
    quantization: QuantizationConfig
    slots: int
    seq_len: int
    seed: int


class Practice:
    """A `loop.OnPolicy` iterator.

    A round is drawn with the weights that there are when the batches of the one before
    have been learned from. Expert iteration learns from the answers that pass as from
    any examples, each as often as it was drawn (ReST-EM, arXiv:2312.06585, with its
    bound on the answers to a task in `rounds.lessons`), DAgger (arXiv:1011.0686) from
    the known ones; the others from all answers by their advantages. Groups of which
    nothing can be learned are skipped: those without an answer that passes, or whose
    answers are all worth the same. Mistakes that are to be repaired are exercises like
    the tasks.
    """

    def __init__(
        self,
        config: PracticeConfig,
        policy: Policy,
        exercises: Callable[[int], Sequence[Exercise]],
        first: int,
        judge: Judge,
        ask_repair: AskRepair,
        workdir: pathlib.Path,
        reference: Variables | None = None,
    ):
        """Args:
        exercises: the tasks of a round by the number of its first, always the same.
        first: number of the first task of all; a state that is set has its own.
        judge: executes answers.
        ask_repair: asks about those that are wrong, where `rounds.mistakes` is above 0.
        workdir: of the run; the rounds are kept there.
        reference: weights to be stayed near, if there are any.

        Raises:
          UserError: answers of a group can only be alike.
        """
        alike = config.rounds.answers < 2 or not config.rounds.temperature
        if alike and config.objective != DAGGER:
            raise UserError(
                "Learning compares different answers to a task: set rounds.answers to "
                "at least 2, and rounds.temperature above 0."
            )
        if config.objective in RATIOS and config.rounds.distinct:
            raise UserError(
                f"rl.objective={config.objective} learns from what the model itself "
                "would say, be it the same twice: leave rounds.distinct out."
            )
        if config.objective in RATIOS and config.rounds.lessons:
            raise UserError(
                f"rl.objective={config.objective} compares all answers to a task: "
                "leave rounds.lessons out."
            )
        if config.objective in RATIOS and config.rounds.temperature != 1:
            raise UserError(
                f"rounds.temperature is {config.rounds.temperature}, but "
                f"rl.objective={config.objective} learns from what the model itself "
                "would say: set it to 1."
            )
        self._config, self._policy, self._ask_repair = config, policy, ask_repair
        self._exercises, self._first = exercises, first
        self._judge, self._workdir = judge, workdir
        self._reference = reference
        self._round, self._taken = -1, 0
        self._even = True
        self._batches: list[Batch] | None = None

    def look(
        self, state: TrainState, stopping: Callable[[], bool] = lambda: False
    ) -> dict[str, float] | None:
        """Draws new rounds with these weights, if the last one is used up, until there
        is something to learn.

        Args:
          stopping: asked after each answer. What is on the disk by then of a round is
            not executed again.

        Returns:
          None, or the means of the new rounds, each weighing alike: those of which
          nothing can be learned, `rounds_in_vain`, are of the policy as well. `gap` is
          of the last one alone.

        Raises:
          InterruptedWork: it is stopping, and the state is the one before.
          UserError: no answers differ in worth; or the engine that draws them and the
            learner are not the same policy.
        """
        if self._batches is None:
            self._batches = []
            if self._round >= 0:
                self._take(None)
            if 0 < self._taken < len(self._batches) and not self._even:
                print(_UNEVEN, flush=True)
        if self._taken < len(self._batches):
            return None
        # The weights that the gradient is taken at, or two policies would be compared.
        seen = quantization.seen(self._config.quantization, state.variables)
        variables = rounds.on_one_device(seen)
        drawn: list[dict[str, float]] = []
        before = self._round, self._taken, self._batches
        for in_vain in range(_IN_VAIN):
            self._round, self._taken = self._round + 1, 0
            try:
                drawn.append(self._take(variables, stopping))
            except InterruptedWork:
                self._round, self._taken, self._batches = before
                raise
            if self._batches:
                numbers = _means(drawn) | {"rounds_in_vain": float(in_vain)}
                if self._config.objective in RATIOS:
                    numbers["gap"] = self._gap(variables, self._batches[0])
                return numbers
        raise UserError(
            f"In {_IN_VAIN} rounds no answer passed, or all answers to each task were "
            "worth the same: take tasks that the model solves sometimes (data.level, "
            "data.scenarios), or more rounds.answers."
        )

    def __next__(self) -> Batch:
        assert self._batches is not None, "it has looked at the weights"
        batch = self._batches[self._taken]
        self._taken += 1
        return batch

    def get_state(self) -> dict:
        return {
            "round": self._round,
            "taken": self._taken,
            "first": self._first,
            "even": True,
        }

    def set_state(self, state: dict) -> None:
        self._round, self._taken = state["round"], state["taken"]
        self._first = state.get("first", self._first)  # earlier versions kept none
        self._even = state.get("even", False)
        self._batches = None

    def _take(
        self,
        variables: Variables | None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> dict[str, float]:
        """The batches of a round; from the disk as far as it is there, else from the
        model.

        Args:
          variables: None for a round that was drawn by an earlier process.

        Returns:
          Its numbers.
        """
        config = self._config
        asked = self._exercises(self._first + self._round * config.rounds.tasks)
        found, timing = self._answers("", asked, variables, stopping)
        made, numbers = self._lessons(asked, found)
        numbers |= _pace(timing, len(found))
        wrong = self._mistakes(asked, found)
        if config.objective == DAGGER:
            # As an expert would go on from where the policy has got by itself.
            made = [lessons.known(one) for one in [*asked, *wrong]]
            del numbers["skipped"]
        elif wrong:
            repaired, _ = self._answers("-mistakes", wrong, variables, stopping)
            more, of_mistakes = self._lessons(wrong, repaired)
            made += more
            numbers |= {f"mistakes/{name}": of_mistakes[name] for name in of_mistakes}
        if config.rounds.mistakes:
            numbers["mistakes"] = float(len(wrong))
        numbers["lessons"] = float(len(made))
        self._batches = self._batches_of(made)
        return numbers

    def _lessons(
        self, asked: Sequence[Exercise], found: Sequence[Drawn]
    ) -> tuple[list[Lesson], dict[str, float]]:
        config = self._config
        of = config.objective, config.rounds, config.rewards
        return lessons.lessons(*of, asked, found)

    def _mistakes(
        self, asked: Sequence[Exercise], found: Sequence[Drawn]
    ) -> list[Exercise]:
        """Of a round that has been answered, always the same."""
        answers, count = self._config.rounds.answers, self._config.rounds.mistakes
        rng = np.random.default_rng([self._config.seed, self._round, _MISTAKES])
        return mistakes.exercises(asked, found, answers, count, self._ask_repair, rng)

    def _answers(
        self,
        part: str,
        asked: Sequence[Exercise],
        variables: Variables | None,
        stopping: Callable[[], bool],
    ) -> tuple[list[Drawn], Timing]:
        """The answers to one part of a round."""
        path = journal.path_of(self._workdir, self._round, part)
        if variables is None:
            return self._kept(path)
        head = {
            "weights": predictor.sha256(Weights(variables, None)),
            "tasks": [exercise.row["id"] for exercise in asked],
        }
        journal.discard_other(path, head)
        with ledger.opened(path) as book:
            kept = Journal(book, path, head)
            if kept.timing is not None:
                return kept.found, kept.timing

            def on_answer(drawn: Drawn) -> None:
                kept.add(drawn)
                if stopping():
                    raise InterruptedWork

            seed = rounds.seed_of(self._config.seed, self._round, *part.encode())
            found, timing = rounds.draw(
                self._policy,
                variables,
                asked,
                self._config.rounds,
                seed,
                self._judge,
                kept.known,
                on_answer,
            )
            kept.complete(timing)
            return found, timing

    def _kept(self, path: pathlib.Path) -> tuple[list[Drawn], Timing]:
        if path.is_file():
            with ledger.opened(path) as book:
                kept = Journal(book, path, {})
                if kept.timing is not None:
                    return kept.found, kept.timing
        raise UserError(
            f"{path}, from which this run was learning, is not there as a whole: "
            "restore it, or begin in another --workdir."
        )

    def _batches_of(self, learned: Sequence[Lesson]) -> list[Batch]:
        config, made = self._config, []
        for number in range(config.rounds.passes):
            rng = np.random.default_rng([config.seed, self._round, number])
            weighted = config.objective in RATIOS
            some = lessons.bounded(learned, config.rounds.lessons, rng)
            made += batches(some, config.slots, config.seq_len, rng, weighted)
        if self._reference is None:
            return made
        return [self._with_reference(batch, self._reference) for batch in made]

    def _with_reference(self, batch: Batch, variables: Variables) -> Batch:
        assert isinstance(batch.layout, Rollout), "an objective"
        reference = np.asarray(self._score(variables, batch))
        return batch._replace(layout=batch.layout._replace(reference=reference))

    def _score(self, variables: Variables, batch: Batch) -> jax.Array:
        return score(self._policy, variables, jax.tree.map(jnp.asarray, batch))

    def _gap(self, variables: Variables, batch: Batch) -> float:
        """How far engine and learner are apart on what has just been drawn."""
        assert isinstance(batch.layout, Rollout), "an objective"
        labelled = batch.labels != IGNORE_LABEL
        apart = np.abs(self._score(variables, batch) - batch.layout.log_probs)
        gap = float(apart[labelled].mean())
        if not gap <= _LARGEST_GAP:
            raise UserError(
                f"Who draws the answers and who learns from them disagree by {gap:.2g} "
                "nats a token: they do not think for as many segments, or in "
                "model.dtype too coarsely; set it to float32."
            )
        return gap


@functools.partial(jax.jit, static_argnums=0)
def score(policy: Policy, variables: Variables, batch: Batch) -> jax.Array:
    """float32 `[B S]`: log-probability of each label, read along.

    After as many segments as answers are drawn with, and over the same tokens.
    """
    _, output = likelihood.read_along(policy.model, variables, batch, policy.segments)
    return objectives.label_log_probs(output.logits, batch.labels, policy.known)


def _means(drawn: Sequence[dict[str, float]]) -> dict[str, float]:
    """Over the rounds that have a number: where all is right, there are no mistakes."""
    return {
        name: float(np.mean([one[name] for one in drawn if name in one]))
        for name in dict.fromkeys(name for one in drawn for name in one)
    }


def _pace(timing: Timing, count: int) -> dict[str, float]:
    """How fast a round of `count` answers was drawn and executed.

    `waited`: share of the round in which the device idled; `runs`: share of the answers
    that were executed, the rest being repeats.
    """
    return {
        "seconds": timing.seconds,
        "tokens_per_second": timing.tokens / max(timing.seconds, 1e-9),
        "waited": 1 - timing.drawing / max(timing.seconds, 1e-9),
        "executing_seconds": timing.executing,
        "runs": timing.runs / count,
    }
