"""What there is to learn from a round: answers, and how much each of them counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.text.rows import Encoded
from hrm_jax.rl import rewards
from hrm_jax.rl.objectives import EXPERT
from hrm_jax.rl.rewards import RewardConfig
from hrm_jax.rl.rounds import Drawn, Exercise, RoundConfig
from hrm_jax.text.answers import Answer


class Lesson(NamedTuple):
    """An answer to learn from.

    Attributes:
      exercise: that it answers.
      answer: tokens, and how likely they were to the weights that drew them.
      advantage: see `rewards.advantages`.
    """

    exercise: Exercise
    answer: Answer
    advantage: float

    @property
    def encoded(self) -> Encoded:
        """As an example of the same text has it."""
        prompt = self.exercise.prompt
        tokens = np.array([*prompt, *self.answer.tokens], np.uint16)
        return Encoded(tokens, len(prompt), 0)


def known(exercise: Exercise) -> Lesson:
    """By the answer that is known to be right."""
    answer = Answer(exercise.known, [0.0] * len(exercise.known))
    return Lesson(exercise, answer, 1.0)


def lessons(
    objective: str,
    config: RoundConfig,
    worth: RewardConfig,
    exercises: Sequence[Exercise],
    found: Sequence[Drawn],
) -> tuple[list[Lesson], dict[str, float]]:
    """What there is to learn from a round, and its numbers.

    Args:
      objective: of `objectives.NAMES`; expert iteration learns from what passes, the
        others from all answers, by their advantages.
      exercises: each of which has `config.answers` of those that were found.
    """
    rewarded = [rewards.reward(one.verdict, worth) for one in found]
    made: list[Lesson] = []
    skipped = right = 0
    for exercise, group in zip(exercises, _groups(len(found), config), strict=True):
        members = found[group]
        right += all(one.verdict.passed for one in members)
        if objective == EXPERT:
            learned = _passing(exercise, members)
        else:
            learned = _compared(exercise, members, rewarded[group])
        skipped += not learned
        made += learned
    numbers = _numbers(found, rewarded) | {
        "skipped": skipped / len(exercises),
        "all_right": right / len(exercises),
    }
    return made, numbers


def _groups(count: int, config: RoundConfig) -> Iterator[slice]:
    for start in range(0, count, config.answers):
        yield slice(start, start + config.answers)


def _passing(exercise: Exercise, members: Sequence[Drawn]) -> list[Lesson]:
    passed = [one for one in members if one.verdict.passed]
    return [Lesson(exercise, one.answer, 1.0) for one in passed]


def _compared(
    exercise: Exercise, members: Sequence[Drawn], rewarded: Sequence[float]
) -> list[Lesson]:
    advantages = rewards.advantages(rewarded)
    if advantages is None:
        return []
    return [
        Lesson(exercise, one.answer, float(advantage))
        for one, advantage in zip(members, advantages, strict=True)
    ]


def _numbers(found: Sequence[Drawn], rewarded: Sequence[float]) -> dict[str, float]:
    verdicts = [one.verdict for one in found]
    return {
        "reward": float(np.mean(rewarded)),
        "passed": float(np.mean([one.passed for one in verdicts])),
        "share": float(np.mean([one.share for one in verdicts])),
        "length": float(np.mean([len(one.answer.tokens) for one in found])),
        "cut": float(np.mean([not one.answer.ended for one in found])),
        "signs": float(np.mean([bool(one.signs) for one in verdicts])),
    }


def bounded(
    some: Sequence[Lesson], bound: int, rng: np.random.Generator
) -> list[Lesson]:
    """Keeps at most `bound` lessons per exercise, chosen at random; all if it is 0.

    All answers that pass follow the gradient of pass@1. With one of n, a task counts
    once, be it easy or hard: as an answer passes with probability p, one of n does so
    with 1 - (1 - p)^n, and the gradient is, on average, that over p times the one of
    p, which is the gradient of pass@1 + pass@2 / 2 + ... + pass@n / n.
    """
    if not bound:
        return list(some)
    counts: Counter[int] = Counter()
    kept: list[Lesson] = []
    for place in rng.permutation(len(some)):
        exercise = id(some[place].exercise)
        counts[exercise] += 1
        if counts[exercise] <= bound:
            kept.append(some[place])
    return kept
