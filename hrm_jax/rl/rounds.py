"""One round: tasks, several answers to each, and what came of them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax

from data_pipeline.schema import UserError, require_at_least
from eval.benchmarks.synthetic.verdict import Verdict
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.text.answers import Answer, answers
from hrm_jax.text.distinct import Distinct, Path
from hrm_jax.text.engine import Engine, Request
from hrm_jax.types import Variables


@dataclasses.dataclass(frozen=True)
class RoundConfig:
    """Attributes:
    tasks: of a round.
    answers: to each of them.
    passes: over the answers, before new ones are drawn.
    lessons: answers to a task that a pass learns from, at most; by chance which. 0 for
      all there are.
    temperature: that they are drawn at.
    distinct: answers to a task all differ while others are left. The share of right
      ones is then no estimate of the policy's, and a task's answers are drawn one after
      another.
    max_tokens: of an answer.
    at_once: answers that are drawn side by side.
    workers: programs that are executed side by side; 0 for what the sandbox takes.
    mistakes: wrong answers of a round, at most, that become exercises of their own:
      to be repaired; 0 for none.
    """

    tasks: int
    answers: int
    passes: int
    lessons: int
    temperature: float
    distinct: bool
    max_tokens: int
    at_once: int
    workers: int
    mistakes: int

    def __post_init__(self):
        require_at_least(
            "rounds",
            self,
            tasks=1,
            answers=1,
            passes=1,
            lessons=0,
            temperature=0,
            max_tokens=1,
            at_once=1,
            workers=0,
            mistakes=0,
        )
        if self.distinct and not self.temperature:
            raise UserError(
                "Answers of rounds.distinct are drawn: set rounds.temperature above 0."
            )


class Exercise(NamedTuple):
    """A task to be answered.

    Attributes:
      row: see `rows.FIELDS`.
      prompt: tokens, with the language and the end of the prompt.
      known: tokens of an answer that is right, with its end.
    """

    row: Mapping[str, Any]
    prompt: list[int]
    known: list[int]


class Drawn(NamedTuple):
    """An answer that was drawn, and its verdict.

    Attributes:
      place: of the answer in its round: task times answers to each, plus its number.
      answer: its tokens.
      verdict: what came of it.
    """

    place: int
    answer: Answer
    verdict: Verdict


Judge = Callable[
    [Iterable[tuple[int, tuple[Exercise, Answer]]]], Iterator[tuple[int, Verdict]]
]
"""Executes answers, many at once, while it waits for the next; verdicts by number, as
they come."""


class Timing(NamedTuple):
    """What a round took.

    Attributes:
      seconds: of the whole round, by the clock; after an interruption, which draws all
        answers again, since then.
      drawing: of these, with the device at work.
      executing: of all programs together, before an interruption too.
      tokens: that were generated.
      runs: answers that were judged, before an interruption too; others are the same
        text.
    """

    seconds: float
    drawing: float
    executing: float
    tokens: int
    runs: int


class Policy(NamedTuple):
    """What draws answers, whatever its weights.

    Attributes:
      segments: that each token is thought about.
      known: tokens of the tokenizer.
    """

    model: ReasonerConfig
    segments: int
    known: int

    def engine(self, variables: Variables, slots: int) -> Engine:
        return Engine(self.model, variables, slots, self.segments, known=self.known)


def draw(
    policy: Policy,
    variables: Variables,
    exercises: Sequence[Exercise],
    config: RoundConfig,
    seed: int,
    judge: Judge,
    known: Mapping[int, Drawn],
    on_answer: Callable[[Drawn], None],
) -> tuple[list[Drawn], Timing]:
    """Answers all exercises and executes the answers, both at the same time.

    What is drawn depends on weights, exercises and seed alone. Equal answers to a task
    are executed once.

    Args:
      seed: of the round.
      known: of an interrupted attempt, by place: their verdicts are not asked again.
      on_answer: called with each answer, as soon as its verdict is there.

    Returns:
      The answers, by place.

    Raises:
      UserError: whatever the judge raises.
    """
    began = time.monotonic()
    engine = policy.engine(variables, config.at_once)
    drawn: dict[int, Answer] = {}
    same: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    verdicts: dict[int, Verdict] = {}
    executed: list[Verdict] = []

    def jobs() -> Iterator[tuple[int, tuple[Exercise, Answer]]]:
        for place, answer in _answers(engine, exercises, config, seed):
            drawn[place] = answer
            task = place // config.answers
            twins = same.setdefault((task, tuple(answer.tokens)), [])
            twins.append(place)
            before = known.get(place)
            if before is not None and before.answer.tokens == answer.tokens:
                verdicts[place] = before.verdict
                if twins[0] == place:
                    executed.append(before.verdict)
            elif twins[0] == place:
                yield place, (exercises[task], answer)
            elif twins[0] in verdicts:
                give(place, verdicts[twins[0]])

    def give(place: int, verdict: Verdict) -> None:
        verdicts[place] = verdict
        on_answer(Drawn(place, drawn[place], verdict))

    for place, verdict in judge(jobs()):
        executed.append(verdict)
        task = place // config.answers
        for twin in same[task, tuple(drawn[place].tokens)]:
            if twin not in verdicts:
                give(twin, verdict)
    found = [Drawn(place, drawn[place], verdicts[place]) for place in sorted(drawn)]
    timing = Timing(
        time.monotonic() - began,
        engine.speed.seconds,
        sum(verdict.seconds for verdict in executed),
        engine.speed.tokens,
        len(executed),
    )
    return found, timing


def _answers(
    engine: Engine, exercises: Sequence[Exercise], config: RoundConfig, seed: int
) -> Iterator[tuple[int, Answer]]:
    """All answers, by place, as they end."""

    def request(task: int, number: int, rule: partial[Distinct] | None) -> Request:
        return Request(
            exercises[task].prompt,
            config.max_tokens,
            config.temperature,
            seed=seed_of(seed, task * config.answers + number),
            rule=rule,
        )

    tasks = range(len(exercises))
    if not config.distinct:
        places = [(task, number) for task in tasks for number in range(config.answers)]
        yield from answers(engine, [request(*place, None) for place in places])
        return
    said: list[list[Path]] = [[] for _ in tasks]
    # Who is to differ from others has to know them: each task has one at a time.
    for number in range(config.answers):
        paths: list[list[tuple[int, float]]] = [[] for _ in tasks]
        rules = [
            partial(Distinct, said[task], config.temperature, paths[task])
            for task in tasks
        ]
        requests = [request(task, number, rules[task]) for task in tasks]
        for task, answer in answers(engine, requests):
            yield task * config.answers + number, answer
        for task in tasks:
            said[task].append(paths[task])


def seed_of(*numbers: int) -> int:
    """One number for several, below 2**32; spread by a hash (splitmix64)."""
    state = 0
    for number in numbers:
        state = (state + number + 0x9E3779B97F4A7C15) % 2**64
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        state = (state ^ state >> 27) * 0x94D049BB133111EB % 2**64
        state ^= state >> 31
    return state % 2**32


def on_one_device(variables: Variables) -> Variables:
    """A copy that a training step does not take away."""
    host = jax.tree.map(lambda leaf: leaf.copy(), jax.device_get(variables))
    return jax.device_put(host, jax.local_devices()[0])
