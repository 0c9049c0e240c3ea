"""Two graded benchmarks, problem by problem: which model is better?"""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from data_pipeline.schema import UserError
from eval import comparison
from eval.benchmarks import grading, ledger, pass_at_k
from eval.benchmarks.problem import Kind
from eval.comparison import Comparison

FILE = "grades.jsonl"
_SOLVED = "solved"


class Count(NamedTuple):
    """Samples of a problem that were run, and those of them that passed."""

    samples: int
    passed: int


def read(folder: pathlib.Path) -> dict[str, Count]:
    """Of each problem with a sample that was run, in the `--output` of a benchmark.

    Raises:
      UserError: its grades are damaged, or there are none.
    """
    with ledger.opened(folder / FILE) as book:
        graded = grading.read(book, folder / FILE)
    ran = {key: one for key, one in graded.items() if one.kind != Kind.NOT_RUN}
    if not ran:
        raise UserError(f"{folder} has no grades: run `benchmark` to its end.")
    samples = Counter(problem for problem, _ in ran)
    passed = Counter(problem for (problem, _), one in ran.items() if one.passed)
    return {problem: Count(n, passed[problem]) for problem, n in samples.items()}


def compare(
    first: Mapping[str, Count], second: Mapping[str, Count], names: tuple[str, str]
) -> tuple[list[str], Comparison]:
    """Compares pass@k for 1, 2, 4 ... up to the samples that each problem has in both.

    Args:
      names: of the two, for people.

    Returns:
      The problems, and what came of them; solved are those of which a sample passes.

    Raises:
      UserError: they are not of the same problems.
    """
    if differ := sorted(first.keys() ^ second.keys()):
        raise UserError(
            f"{names[0]} and {names[1]} hold answers to different problems, such as "
            f"{differ[0]}: compare benchmarks of the same --data and --limit."
        )
    problems = list(first)
    both = [[of[problem] for problem in problems] for of in (first, second)]
    least = min(count.samples for of in both for count in of)
    solved, others = ([count.passed > 0 for count in of] for of in both)
    pairs: dict[str, tuple[list, list]] = {_SOLVED: (solved, others)}
    for k in (2**power for power in range(least.bit_length())):
        one, other = ([pass_at_k.of_problem(*count, k) for count in of] for of in both)
        pairs[f"pass@{k}"] = one, other
    found = comparison.of_pairs(pairs, _SOLVED)
    rates = {name: found.differences[name] for name in pairs if name != _SOLVED}
    return problems, found._replace(differences=rates)
