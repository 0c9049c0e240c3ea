"""Two graded benchmarks, problem by problem: which model is better?"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from eval import comparison
from eval.benchmarks import grading, ledger, pass_at_k, samples
from eval.benchmarks.problem import Kind
from eval.comparison import Comparison

_SETTINGS, _REPORT = "settings.json", "report.json"
_SOLVED = "solved"


class Graded(NamedTuple):
    """Attributes:
    benchmark, data: its name, and the checksums of its files.
    passed: of each problem with a sample that was run, whether they passed, by number.
    tasks: `Problem.task` of those that share one.
    """

    benchmark: str
    data: Mapping[str, Any]
    passed: Mapping[str, tuple[bool, ...]]
    tasks: Mapping[str, str]


def read(folder: pathlib.Path) -> Graded:
    """What is in the `--output` of a benchmark.

    Raises:
      UserError: it is of no benchmark, a file is damaged, or nothing was graded.
    """
    if not (folder / samples.FILE).exists():  # the grades of a search are others
        raise UserError(
            f"{folder} has a {grading.FILE}, but no {samples.FILE}, as of a `search`: "
            "compare the --output of two `benchmark`s."
        )
    path = folder / _SETTINGS
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        benchmark, data = str(settings["benchmark"]), dict(settings["data"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is of no `benchmark` ({error!r}).") from error
    path = folder / grading.FILE
    with ledger.opened(path) as book:
        graded = grading.read(book, path)
    found: dict[str, list[bool]] = {}
    for (problem, _), one in sorted(graded.items()):
        if one.kind != Kind.NOT_RUN:
            found.setdefault(problem, []).append(one.passed)
    if not found:
        raise UserError(f"{folder} has no grades: run `benchmark` to its end.")
    passed = {name: tuple(ran) for name, ran in found.items()}
    return Graded(benchmark, data, passed, _tasks(folder / _REPORT))


def _tasks(path: pathlib.Path) -> Mapping[str, str]:
    """As `report.summary` tells them: nothing, where it was not written yet."""
    try:
        if not path.exists():
            return {}
        return dict(json.loads(path.read_text(encoding="utf-8")).get("tasks", {}))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} is not what `benchmark` wrote ({error!r}): the same command "
            "writes it again."
        ) from error


class Compared(NamedTuple):
    """Attributes:
    problems: of which both have a sample that was run.
    left_out: those that the first, and that the second alone has.
    samples: of a problem, as many as all of them have in both.
    found: pass@k for k = 1, 2, 4 ... up to `samples`, each from all that there are;
      solved is what one of the first `samples` passes.
    """

    problems: list[str]
    left_out: tuple[int, int]
    samples: int
    found: Comparison


def compare(first: Graded, second: Graded, names: tuple[str, str]) -> Compared:
    """Compares two of the same benchmark.

    Args:
      names: of the two, for people.

    Raises:
      UserError: they are of others, or share no problem.
    """
    if (first.benchmark, first.data) != (second.benchmark, second.data):
        raise UserError(
            f"{names[0]} and {names[1]} hold answers to different problems "
            f"({first.benchmark} and {second.benchmark}, or other files): compare "
            "benchmarks of the same --data."
        )
    problems = [name for name in first.passed if name in second.passed]
    if not problems:
        raise UserError(f"{names[0]} and {names[1]} ran answers to no problem both.")
    both = [[of.passed[name] for name in problems] for of in (first, second)]
    count = min(len(ran) for of in both for ran in of)
    solved, others = ([any(ran[:count]) for ran in of] for of in both)
    pairs: dict[str, tuple[list, list]] = {_SOLVED: (solved, others)}
    for k in (2**power for power in range(count.bit_length())):
        one, other = (
            [pass_at_k.of_problem(len(ran), sum(ran), k) for ran in of] for of in both
        )
        pairs[f"pass@{k}"] = one, other
    shared = {**second.tasks, **first.tasks}  # one of them may not tell
    tasks = [shared.get(name, name) for name in problems] if shared else None
    found = comparison.of_pairs(pairs, _SOLVED, tasks)
    rates = {name: found.differences[name] for name in pairs if name != _SOLVED}
    return Compared(
        problems,
        (len(first.passed) - len(problems), len(second.passed) - len(problems)),
        count,
        found._replace(differences=rates),
    )
