"""What ways to search are worth, at equal budgets, over tasks and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from eval import bootstrap, statistics

_GAIN = ("gain", "95 %", "relative", "p")


class Answer(NamedTuple):
    """Attributes:
    problem: its id.
    budget: samples that a method might take, and as many executions.
    passed: the hidden tests.
    samples, executions, tokens, read: that it took; tokens are those that were written,
      and those of prompts that were read.
    """

    method: str
    budget: int
    problem: str
    seed: int
    passed: bool
    samples: int
    executions: int
    tokens: int
    read: int


class Score(NamedTuple):
    """Of a method under a budget.

    Attributes:
      solved: mean over problems and seeds; the interval is of tasks drawn again, each
        with all its problems and seeds (`bootstrap.share_interval`).
      gain: over the baseline under the same budget; the interval likewise, of the
        differences of the same tasks; None where all differ alike.
      relative: the gain over the baseline's share; None where that solves nothing.
      p_value: McNemar's, of the first seed alone, whose tasks are independent.
      samples, executions, tokens, read: means of a task.
    """

    solved: float
    interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float] | None
    relative: float | None
    p_value: float
    samples: float
    executions: float
    tokens: float
    read: float


Scores = dict[str, dict[int, Score]]
"""By method and budget."""


def scores(
    answers: Sequence[Answer], baseline: str, tasks: Mapping[str, str] | None = None
) -> Scores:
    """Scores by method and budget.

    Args:
      answers: of the same problems and seeds for every method and budget.
      baseline: one of the methods.
      tasks: `Problem.task` by problem; None where each is one of its own.
    """
    groups: dict[tuple[str, int], list[Answer]] = {}
    for answer in answers:
        groups.setdefault((answer.method, answer.budget), []).append(answer)
    found: Scores = {}
    for (method, budget), group in groups.items():
        score = _score(group, groups[baseline, budget], tasks)
        found.setdefault(method, {})[budget] = score
    return found


def _score(
    group: Sequence[Answer], base: Sequence[Answer], tasks: Mapping[str, str] | None
) -> Score:
    ours, theirs = _by_problem(group), _by_problem(base)
    of = None
    if tasks is not None:
        of = [tasks[name] for name in sorted({one.problem for one in group})]
    shares, others = ours.mean(1), theirs.mean(1)
    differences = shares - others
    gain = float(differences.mean())
    return Score(
        float(shares.mean()),
        bootstrap.share_interval(shares, of),
        gain,
        bootstrap.change_interval(differences, of),
        gain / float(others.mean()) if others.any() else None,
        statistics.paired(theirs[:, 0], ours[:, 0], of).p_value(),
        float(np.mean([one.samples for one in group])),
        float(np.mean([one.executions for one in group])),
        float(np.mean([one.tokens for one in group])),
        float(np.mean([one.read for one in group])),
    )


def _by_problem(group: Sequence[Answer]) -> np.ndarray:
    """bool `[problems, seeds]`, problems by their ids: solved?"""
    order = sorted(group, key=lambda one: (one.problem, one.seed))
    seeds = len({one.seed for one in group})
    return np.array([one.passed for one in order]).reshape(-1, seeds)


def rows(found: Scores, budget: int) -> list[tuple[str, ...]]:
    """A table of the methods under a budget, its head first."""
    costs = "samples", "runs", "tokens written", "read"
    head = ("method", "solved", "95 %", *_GAIN, *costs)
    table: list[tuple[str, ...]] = [head]
    for method, by_budget in found.items():
        score = by_budget[budget]
        table.append(
            (
                method,
                f"{score.solved:.1%}",
                statistics.interval_text(score.interval),
                *_gain(score),
                f"{score.samples:.1f}",
                f"{score.executions:.1f}",
                f"{score.tokens:,.0f}",
                f"{score.read:,.0f}",
            )
        )
    return table


def gains(found: Scores, budget: int) -> list[tuple[str, ...]]:
    """A table of what methods win under a budget alone, its head first."""
    table = [(method, *_gain(by_budget[budget])) for method, by_budget in found.items()]
    return [("method", *_GAIN), *table]


def _gain(score: Score) -> tuple[str, ...]:
    return (
        f"{score.gain:+.1%}",
        statistics.change_text(score.gain_interval),
        "" if score.relative is None else f"{score.relative:+.1%}",
        f"{score.p_value:.3f}",
    )


def curve(found: Scores) -> list[tuple[str, ...]]:
    """A table of what is solved by method and budget, its head first."""
    budgets = sorted({budget for one in found.values() for budget in one})
    table = [("samples", *map(str, budgets))]
    for method, by_budget in found.items():
        table.append((method, *(f"{by_budget[n].solved:.1%}" for n in budgets)))
    return table


def as_json(found: Scores) -> dict[str, Any]:
    return {
        method: {str(budget): score._asdict() for budget, score in by_budget.items()}
        for method, by_budget in found.items()
    }
