"""The report on two tries an exercise: ours, with the fields of Aider's leaderboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval import bootstrap
from eval.benchmarks import report
from eval.benchmarks.polyglot.tries import TRIES, Result, leaderboard
from eval.benchmarks.problem import Grade, Kind, Problem


def summary(
    problems: Sequence[Problem], results: Sequence[Result], about: Mapping[str, Any]
) -> dict[str, Any]:
    """All that a report says: of each exercise its last try, with the seconds of all.

    Args:
      problems: that were asked.
      results: of those for which the model had an answer.
      about: what was graded and how, put in front as it is.
    """
    last = {(result.id, 0): _last(result) for result in results}
    found = report.summary(problems, last, [], about)
    of = {problem.id: problem for problem in problems}
    ran = [result for result in results if not result.not_run]
    # There are tries here, not samples.
    del found["pass_at_k"], found["pass_at_k_by_language"]
    return {
        **found,
        "leaderboard": leaderboard(results),
        "pass_rates": _rates(ran, of),
        "pass_rates_by_language": {
            language: _rates(
                [one for one in ran if of[one.id].language == language], of
            )
            for language in sorted({problem.language for problem in problems})
        },
        "exercises": {
            result.id: [grade.kind.value for grade in result.grades] for result in ran
        },
    }


def head(found: Mapping[str, Any]) -> list[str]:
    """Pass rates and the leaderboard's fields, as tables in Markdown."""
    lines = ["| language | tries | passed | 95 % interval | exercises |"]
    lines.append("|---|---:|---:|---:|---:|")
    for language, rates in {
        "all": found["pass_rates"],
        **found["pass_rates_by_language"],
    }.items():
        for one in rates:
            lines.append(
                f"| {language} | {one['tries']} | {one['value']:.1%} "
                f"| {one['low']:.1%} to {one['high']:.1%} | {one['exercises']:,} |"
            )
    lines += ["", "| leaderboard | |", "|---|---:|"]
    fields = found["leaderboard"].items()
    return [*lines, *(f"| {name} | {value} |" for name, value in fields)]


def _last(result: Result) -> Grade:
    if result.not_run:
        return Grade(Kind.NOT_RUN, result.not_run)
    seconds = sum(grade.seconds for grade in result.grades)
    return dataclasses.replace(result.grades[-1], seconds=seconds)


def _rates(
    results: Sequence[Result], of: Mapping[str, Problem]
) -> list[dict[str, float]]:
    """Shares of exercises that passed, by the number of tries."""
    rates = []
    tasks = [of[result.id].task for result in results]
    for tries in range(1, TRIES + 1) if results else ():
        passed = np.array([float(result.passed(tries)) for result in results])
        low, high = bootstrap.share_interval(passed, tasks)
        rates.append(
            {
                "tries": tries,
                "value": float(passed.mean()),
                "low": low,
                "high": high,
                "exercises": len(results),
            }
        )
    return rates
