"""`compare`: two runs on the same puzzles, agents on the same tasks, or models on the
same benchmark: which is better, and is it chance?"""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from commands import agent_report, tables, text_record
from commands.flags import CommandLine
from data_pipeline import datasets
from data_pipeline.config import DataConfig
from data_pipeline.schema import UserError
from eval import comparison, report
from eval.arc import scores_file
from eval.atomic import write_json
from eval.benchmarks import grading, paired
from eval.comparison import Comparison
from eval.statistics import change_text, interval_text

_REPORT = "report.json"
_LARGEST = 256
"""Cells of a board that is still shown in a line."""
_SHOWN = 3
"""Puzzles shown of those that one run alone solves."""
_LEAST_P = 1e-300
"""What is less is told as less, since a float may hold nothing of it."""
_NO_TEST = (
    "there is no p-value, since the tests of one task are not independent; go by "
    "pass@k,\nwhose examples are tasks."
)


def run(line: CommandLine) -> int:
    """Prints both runs' scores, the test of their difference, and where they differ.

    Of ARC also those of the votes, if both reports have them beside them; of agents
    what they cost; of models on a benchmark pass@k, with as many samples as both have.

    Raises:
      UserError: there are not two reports on the same puzzles or tasks, a file is
        damaged, or the result cannot be written.
    """
    if len(line.arguments) != 2:
        raise UserError(
            "`compare` takes two runs, as their folders or their reports: "
            "python main.py compare runs/A runs/B."
        )
    first, second = map(_find, line.arguments)
    names = (str(first), str(second))
    graded = [(path.parent / grading.FILE).exists() for path in (first, second)]
    if all(graded):
        return _programs(line, names, first.parent, second.parent)
    if any(graded):
        raise UserError(
            f"{names[graded.index(False)]} has no {grading.FILE} beside it, the other "
            "one has: compare two benchmarks of programs."
        )
    agents = agent_report.read(first), agent_report.read(second)
    if agents[0] and agents[1]:
        return _agents(line, names, agents[0], agents[1])
    reports = report.read(first), report.read(second)
    found = comparison.compare(*reports, names)
    arc = all(_data(one).get("dataset") == "arc" for one in reports)
    if arc:
        exams = (_exam(first, reports[0]), _exam(second, reports[1]))
        votes = comparison.by_task(*exams)
        found = found._replace(differences=found.differences | votes)
    for letter, name, one in zip("AB", names, reports, strict=True):
        print(f"{letter}  {name}{_what(one)}")
    verdict = _NO_TEST if arc else _verdict(found)
    print(f"\n{_scores(found)}\n\n{_solved(found, 'puzzles')}:\n{verdict}")
    _show(found, lambda place: f"number {place + 1}{_board(reports[0], place)}")
    if line.flags.output:
        _write(pathlib.Path(line.flags.output), names, found, arc)
    return 0


def _agents(
    line: CommandLine,
    names: tuple[str, str],
    first: dict[str, Any],
    second: dict[str, Any],
) -> int:
    tasks, left_out, found, costs = agent_report.compare(first, second, names)
    for letter, name, one in zip("AB", names, (first, second), strict=True):
        print(f"{letter}  {name} ({one['model']})")
    rows = [("a task", "A", "B")]
    rows += [(name, f"{a:,.1f}", f"{b:,.1f}") for name, (a, b) in costs.items()]
    print(f"\n{_scores(found)}\n\n{tables.aligned(rows)}\n")
    print(f"{_solved(found, 'tasks')}:\n{_verdict(found)}")
    if any(left_out):
        print(
            f"Left out are tasks that were not worked on: {left_out[0]:,} by A, "
            f"{left_out[1]:,} by B."
        )
    _show(found, lambda place: tasks[place])
    if line.flags.output:
        _write(pathlib.Path(line.flags.output), names, found, False)
    return 0


def _programs(
    line: CommandLine,
    names: tuple[str, str],
    first: pathlib.Path,
    second: pathlib.Path,
) -> int:
    both = paired.read(first), paired.read(second)
    problems, left_out, samples, found = paired.compare(*both, names)
    for letter, name, one in zip("AB", names, both, strict=True):
        counts = [len(ran) for ran in one.passed.values()]
        print(f"{letter}  {name} ({sum(counts):,} answers)")
    which = "an answer" if samples == 1 else f"one of the first {samples:,} answers"
    solved = f"{_solved(found, 'problems')} by {which}"
    print(f"\n{_scores(found)}\n\n{solved}:\n{_verdict(found)}")
    if any(left_out):
        print(
            "Left out are problems that one alone ran answers to: "
            f"{left_out[0]:,} of A, {left_out[1]:,} of B."
        )
    _show(found, lambda place: problems[place])
    if line.flags.output:
        _write(pathlib.Path(line.flags.output), names, found, False)
    return 0


def _show(found: Comparison, label: Callable[[int], str]) -> None:
    """The first examples that one alone solves."""
    for letter, places in (("A", found.only_first), ("B", found.only_second)):
        for place in places[:_SHOWN]:
            print(f"  only {letter}: {label(place)}")
        if len(places) > _SHOWN:
            print(f"  only {letter}: {len(places) - _SHOWN:,} more")


def _find(word: str) -> pathlib.Path:
    path = pathlib.Path(word)
    if path.is_dir() and (path / text_record.FILE).exists():
        raise UserError(
            f"{path} holds a run of text: compare the --output of two `benchmark`s."
        )
    if not path.exists():
        raise UserError(f"{path} is not there.")
    return path / _REPORT if path.is_dir() else path


def _what(found: dict[str, Any]) -> str:
    """What a report says about its making."""
    about = found.get("about", {})
    known = [f"step {about['step']:,}"] if "step" in about else []
    if about.get("attempts", 1) > 1:
        known.append(f"selected from {about['attempts']} attempts")
    return f" ({', '.join(known)})" if known else ""


def _data(found: dict[str, Any]) -> dict[str, Any]:
    """The config of the data, where a report says it."""
    return found.get("about", {}).get("config", {}).get("data", {})


def _exam(path: pathlib.Path, found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The shares of tests solved by votes, by "pass@k" and task; none if there are no
    such scores beside a report."""
    exam = scores_file.read(path.parent, found["about"])
    return {} if exam is None else exam["shares"]


def _scores(found: Comparison) -> str:
    head = ("", "A", "95% interval", "B", "95% interval", "B - A", "95% interval")
    rows: list[tuple[str, ...]] = [(*head, "examples")]
    for name, one in found.differences.items():
        if math.isnan(one.first):
            continue
        cells = [name.replace("_", " ")]
        for value, interval in (
            (one.first, one.first_interval),
            (one.second, one.second_interval),
        ):
            cells += [f"{value:.1%}", interval_text(interval)]
        cells += [f"{one.second - one.first:+.1%}", change_text(one.interval)]
        cells.append(f"{one.examples:,}")
        rows.append(tuple(cells))
    return tables.aligned(rows)


def _solved(found: Comparison, examples: str) -> str:
    solved = found.solved
    return (
        f"Of {found.examples:,} {examples} both solve {solved.both:,}, A alone "
        f"{solved.only_first:,}, B alone {solved.only_second:,} and neither "
        f"{solved.neither:,}"
    )


def _verdict(found: Comparison) -> str:
    tested, p = found.tested, found.tested.p_value()
    better = "B" if tested.only_second > tested.only_first else "A"
    if p < 0.05:
        meaning = f"{better} is better"
    else:
        meaning = "no difference is shown"
    told = f"p < {_LEAST_P:g}" if p < _LEAST_P else f"p = {p:.2g}"
    over = "" if tested == found.solved else f" over {sum(tested):,} tasks"
    return f"{meaning} (McNemar's exact test{over}, {told})."


def _board(found: dict[str, Any], number: int) -> str:
    """A puzzle as `solve` reads it, where the report says of which task it is."""
    data = _data(found)
    inputs = np.array([found["predictions"][number]["inputs"]], np.int32)
    fields = {field.name for field in dataclasses.fields(DataConfig)}
    if data.keys() != fields or inputs.size > _LARGEST:
        return ""
    return f"  {datasets.task(data).decode(inputs)[0]}"


def _write(
    path: pathlib.Path, names: tuple[str, str], found: Comparison, arc: bool
) -> None:
    values = {
        "reports": names,
        "examples": found.examples,
        # JSON has no NaN; what means nothing for any puzzle has no difference.
        "scores": {
            name: one._asdict()
            for name, one in found.differences.items()
            if not math.isnan(one.first)
        },
        "solved": found.solved._asdict(),
        "p_value": None if arc else found.tested.p_value(),
        "only_first": found.only_first,
        "only_second": found.only_second,
    }
    write_json(path, values)
    print(f"\nThe comparison is in {path}.")
