"""Scenario 3: the expected output of a test, from the problem's text alone."""

from __future__ import annotations

import ast
import dataclasses
import datetime
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline import syntax
from data_pipeline.schema import UserError
from eval.benchmarks import extraction
from eval.benchmarks.livecodebench import literal
from eval.benchmarks.livecodebench.generation import chosen, dated
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

_FIELDS = (
    *("question_id", "test_id", "question_content", "starter_code", "function_name"),
    *("contest_date", "test"),
)
_TASK = (
    "Below are a problem, the head of the function that solves it, and a test whose "
    "expected output is missing. Work out the output that the problem asks for, and "
    "write the whole assertion with it in a code block.\n\n"
)


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A `benchmark.Benchmark`."""

    problems: Sequence[Problem]
    name: str = "LiveCodeBench, test output prediction"

    def prompt(self, problem: Problem) -> Prompt:
        row = problem.row
        given = ", ".join(_test(row)["input"].split("\n"))
        call = f"assert {row['function_name']}({given}) == # TODO"
        return Prompt(
            f"{_TASK}Problem:\n{row['question_content']}\n"
            f"Function:\n```\n{row['starter_code']}\n```\n"
            f"Complete this test:\n\n```\n{call}\n```\n"
        )

    def extract(self, problem: Problem, completion: str) -> str:
        """The predicted value, as `extract_test_output_code` finds the assertion."""
        lines = completion.split("\n")
        found = [line for line in lines if line.startswith("assert")]
        if found:
            return _right_side(found[-1])
        block = (extraction.code(completion, ("python",)) or "").strip()
        lines = [line for line in block.split("\n") if not line.startswith("#")]
        asserting = [line for line in lines if "assert" in line]
        return _right_side(asserting[0].strip()) if asserting else block

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission:
            return Grade(Kind.MALFORMED, "There is no assertion of equality.")
        expected = repr(json.loads(_test(problem.row)["output"]))
        return literal.grade(sandbox, submission, expected)

    def gold(self, problem: Problem) -> str:
        row = problem.row
        expected = repr(json.loads(_test(row)["output"]))
        given = ", ".join(_test(row)["input"].split("\n"))
        return f"```\nassert {row['function_name']}({given}) == {expected}\n```"


def _test(row: Mapping[str, Any]) -> dict[str, str]:
    return json.loads(row["test"])[0]


def _right_side(statement: str) -> str:
    """What a statement asserts something to be equal to; "" if it does not."""
    try:
        found = syntax.module(statement).body[0]
    except (*syntax.UNREADABLE, IndexError):
        return ""
    if not isinstance(found, ast.Assert) or not isinstance(found.test, ast.Compare):
        return ""
    if not isinstance(found.test.ops[0], ast.Eq):
        return ""
    return ast.get_source_segment(statement, found.test.comparators[0]) or ""


def load(
    path: pathlib.Path,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> Prediction:
    """Reads `test_generation`, as JSONL.

    Raises:
      UserError: a row is malformed, or no contest is in the window.
    """
    rows = dated(path, _FIELDS)
    for place, row in rows.items():
        try:
            test = _test(row)
            well = isinstance(test["input"], str) and [json.loads(test["output"])]
        except (ValueError, LookupError, TypeError) as error:
            raise UserError(f"{place}: `test` is malformed ({error}).") from error
        if not well:
            raise UserError(f"{place}: the input of `test` must be a text.")
    problems = [
        Problem(
            f"{row['question_id']}/{row['test_id']}",
            "text",
            row,
            str(row["question_id"]),
        )
        for row in rows.values()
    ]
    return Prediction(chosen(problems, start, end, path))
