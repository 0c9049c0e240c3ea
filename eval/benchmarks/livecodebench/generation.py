"""Scenario 1: a program, or a function, for a problem of a contest."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks import jsonl
from eval.benchmarks.livecodebench import functions, programs
from eval.benchmarks.livecodebench.cases import Case, cases, function, within
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

STOP = ("###",)
_FIELDS = (
    *("question_id", "question_content", "contest_date", "starter_code"),
    "public_test_cases",
)
_TASK = (
    "Solve the following problem in Python. The program must be right for all inputs "
    "that the problem allows. Answer with the program alone.\n\n"
)
_WITH_STARTER = "Begin with this code, complete it, and enclose all in a code block."
_WITHOUT_STARTER = (
    "Read the input from stdin and write the answer to stdout, without testing it on "
    "the examples. Enclose the program in a code block like this."
)


@dataclasses.dataclass(frozen=True)
class Generation:
    """A `benchmark.Benchmark`.

    Attributes:
      cases: of each problem, by its id.
    """

    problems: Sequence[Problem]
    cases: Mapping[str, Sequence[Case]]
    name: str = "LiveCodeBench, code generation"

    def prompt(self, problem: Problem) -> Prompt:
        return Prompt(_TASK + question(problem.row) + _answer_format(problem.row), STOP)

    def extract(self, problem: Problem, completion: str) -> str:
        return last_block(completion)

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission.strip():
            return Grade(Kind.MALFORMED, "There is no code in the answer.")
        name, found = function(problem.row), self.cases[problem.id]
        if name is None:
            return programs.grade(sandbox, found, submission)
        return functions.grade(sandbox, found, name, submission)

    def gold(self, problem: Problem) -> None:
        """The authors publish no solutions."""


def question(row: Mapping[str, Any]) -> str:
    return f"### Question:\n{row['question_content']}\n\n"


def _answer_format(row: Mapping[str, Any]) -> str:
    starter = row["starter_code"]
    told = _WITH_STARTER if starter else _WITHOUT_STARTER
    code = starter or "# YOUR CODE HERE"
    shown = f"### Format: {told}\n```python\n{code}\n```\n\n"
    return f"{shown}### Answer: (in the format above, with the backticks)\n\n"


def last_block(text: str) -> str:
    """The code between the last two lines with a fence; "" if there are not two."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if "```" in line]
    if len(fences) < 2:
        return ""
    return "\n".join(lines[fences[-2] + 1 : fences[-1]])


def load(
    path: pathlib.Path,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> Generation:
    """Reads a release, as JSONL, of `code_generation` or `code_generation_lite`.

    Args:
      start: of the contests that count; None for all.
      end: likewise, this day included.

    Raises:
      UserError: a row is malformed, or no contest is in the window.
    """
    rows = dated(path, _FIELDS)
    found: dict[str, Sequence[Case]] = {}
    for place, row in rows.items():
        try:
            function(row)
        except (ValueError, AttributeError) as error:
            raise UserError(f"{place}: `metadata` is malformed ({error}).") from error
        found[row["question_id"]] = cases(row, place)
    problems = [Problem(row["question_id"], "python", row) for row in rows.values()]
    return Generation(chosen(problems, start, end, path), found)


def dated(path: pathlib.Path, fields: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of a file by where they stand, each with the date of its contest.

    Raises:
      UserError: a row is malformed.
    """
    rows = {
        f"{path}, row {number}": row
        for number, row in enumerate(jsonl.rows(path, fields), start=1)
    }
    for place, row in rows.items():
        try:
            datetime.datetime.fromisoformat(row["contest_date"])
        except (ValueError, TypeError) as error:
            raise UserError(f"{place}: `contest_date` is no date ({error}).") from error
    return rows


def chosen(
    problems: Sequence[Problem],
    start: datetime.date | None,
    end: datetime.date | None,
    path: pathlib.Path,
) -> list[Problem]:
    """Raises:
    UserError: no contest is in the window.
    """
    found = within(problems, start, end)
    if not found:
        days = [row.row["contest_date"][:10] for row in problems]
        raise UserError(
            f"{path} has contests from {min(days)} to {max(days)}, none from "
            f"{start or 'ever'} to {end or 'now'}."
        )
    return found
