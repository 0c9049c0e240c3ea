"""`compare`: two runs on the same puzzles: which is better, and is it chance?"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from typing import Any

import numpy as np

from commands import tables
from commands.flags import CommandLine
from data_pipeline import datasets
from data_pipeline.config import DataConfig
from data_pipeline.schema import UserError
from eval import comparison, report
from eval.atomic import replacing
from eval.comparison import Comparison

_REPORT = "report.json"
_LARGEST = 256
"""Cells of a board that is still shown in a line."""
_SHOWN = 3
"""Puzzles shown of those that one run alone solves."""


def run(line: CommandLine) -> int:
    """Prints both runs' scores, the test of their difference, and where they differ.

    Raises:
      UserError: there are not two reports on the same puzzles, or the result cannot be
        written.
    """
    if len(line.arguments) != 2:
        raise UserError(
            "`compare` takes two runs, as their folders or their reports: "
            "python main.py compare runs/A runs/B."
        )
    first, second = map(_find, line.arguments)
    names = (str(first), str(second))
    reports = report.read(first), report.read(second)
    found = comparison.compare(*reports, names)
    for letter, name, one in zip("AB", names, reports, strict=True):
        print(f"{letter}  {name}{_what(one)}")
    print(f"\n{_scores(found)}\n\n{_verdict(found)}")
    for letter, numbers in (("A", found.only_first), ("B", found.only_second)):
        for number in numbers[:_SHOWN]:
            print(f"  only {letter}: number {number + 1}{_board(reports[0], number)}")
        if len(numbers) > _SHOWN:
            print(f"  only {letter}: {len(numbers) - _SHOWN:,} more")
    if line.flags.output:
        _write(pathlib.Path(line.flags.output), names, found)
    return 0


def _find(word: str) -> pathlib.Path:
    path = pathlib.Path(word)
    return path / _REPORT if path.is_dir() else path


def _what(found: dict[str, Any]) -> str:
    """What a report says about its making."""
    about = found.get("about", {})
    known = [f"step {about['step']:,}"] if "step" in about else []
    if about.get("attempts", 1) > 1:
        known.append(f"selected from {about['attempts']} attempts")
    return f" ({', '.join(known)})" if known else ""


def _scores(found: Comparison) -> str:
    head = ("", "A", "95% interval", "B", "95% interval", "B - A", "95% interval")
    rows: list[tuple[str, ...]] = [head]
    for name, one in found.differences.items():
        if math.isnan(one.first):
            continue
        cells = [name.replace("_", " ")]
        for value, (low, high) in (
            (one.first, one.first_interval),
            (one.second, one.second_interval),
        ):
            cells += [f"{value:.1%}", f"{low:.1%} - {high:.1%}"]
        low, high = one.interval
        cells += [f"{one.second - one.first:+.1%}", f"{low:+.1%} to {high:+.1%}"]
        rows.append(tuple(cells))
    return tables.aligned(rows)


def _verdict(found: Comparison) -> str:
    solved, p = found.solved, found.solved.p_value()
    better = "B" if solved.only_second > solved.only_first else "A"
    if p < 0.05:
        meaning = f"{better} is better"
    else:
        meaning = "no difference is shown"
    return (
        f"Of {found.examples:,} puzzles both solve {solved.both:,}, A alone "
        f"{solved.only_first:,}, B alone {solved.only_second:,} and neither "
        f"{solved.neither:,}:\n{meaning} (McNemar's exact test, p = {p:.2g})."
    )


def _board(found: dict[str, Any], number: int) -> str:
    """A puzzle as `solve` reads it, where the report says of which task it is."""
    data = found.get("about", {}).get("config", {}).get("data", {})
    inputs = np.array([found["predictions"][number]["inputs"]], np.int32)
    fields = {field.name for field in dataclasses.fields(DataConfig)}
    if data.keys() != fields or inputs.size > _LARGEST:
        return ""
    return f"  {datasets.task(data).decode(inputs)[0]}"


def _write(path: pathlib.Path, names: tuple[str, str], found: Comparison) -> None:
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
        "p_value": found.solved.p_value(),
        "only_first": found.only_first,
        "only_second": found.only_second,
    }
    with replacing(path) as whole:
        whole.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    print(f"\nThe comparison is in {path}.")
