"""Wrong answers of a round as exercises of their own: to be repaired."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hrm_jax.rl.rounds import Drawn, Exercise

AskRepair = Callable[[Exercise, Drawn], Exercise | None]
"""What is asked about a wrong answer to an exercise; None where nothing can be."""


def exercises(
    asked: Sequence[Exercise],
    found: Sequence[Drawn],
    answers: int,
    count: int,
    ask_repair: AskRepair,
    rng: np.random.Generator,
) -> list[Exercise]:
    """Distinct wrong answers, as exercises.

    Args:
      answers: to each of those that were asked, one after the other in `found`.
      count: of exercises, at most; by chance which.
    """
    wrong = {
        (one.place // answers, tuple(one.answer.tokens)): one
        for one in found
        if one.verdict.failure
    }
    distinct = list(wrong.items())
    made: list[Exercise] = []
    for place in rng.permutation(len(distinct)):
        if len(made) == count:
            break
        (task, _), one = distinct[place]
        exercise = ask_repair(asked[task], one)
        if exercise is not None:
            made.append(exercise)
    return made
