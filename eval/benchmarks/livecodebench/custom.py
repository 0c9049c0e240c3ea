"""The files of the authors' custom evaluator, which take a model's answers as they are.

In: a JSON array with an object for each problem, in any order: `code_list` with
`question_id` for programs, `pred_list` with `question_id` and `test_id` for predicted
outputs, `pred_list` with `id` for execution. Out: the same, with grades.
"""

from __future__ import annotations

import json
import pathlib
import types
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks.livecodebench.cases import Case
from eval.benchmarks.livecodebench.programs import shortened
from eval.benchmarks.problem import Grade, Kind, Problem

_LISTS = ("code_list", "pred_list")
_KEYS = ("id", "question_id", "test_id")
_MESSAGES = {
    -2: "Wrong Answer",
    -3: "Time Limit Exceeded",
    -4: "Runtime Error",
    -5: "TestRunnerError",
}
_BY_KIND = {Kind.WRONG_ANSWER: -2, Kind.TIME_LIMIT: -3, Kind.EARLY_EXIT: -5}


def read(path: pathlib.Path, problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Answers by the ids of problems; nothing is extracted from them any more.

    Raises:
      UserError: the file is malformed, or lacks a problem.
    """
    found = {}
    for row in objects(path):
        answers = next((row[name] for name in _LISTS if name in row), None)
        texts = isinstance(answers, list) and all(isinstance(a, str) for a in answers)
        if not texts or not answers:
            raise UserError(
                f"{path}: {_id(row)!r} needs a `code_list` or a `pred_list` of texts."
            )
        found[_id(row)] = answers
    missing = [problem.id for problem in problems if problem.id not in found]
    if missing:
        raise UserError(
            f"{path} lacks {len(missing)} of {len(problems)} problems: {missing[0]!r}."
        )
    return {problem.id: found[problem.id] for problem in problems}


def write(
    path: pathlib.Path,
    problems: Sequence[Problem],
    answers: Mapping[str, Sequence[str]],
    grades: Mapping[str, Sequence[Grade]] | None = None,
    cases: Mapping[str, Sequence[Case]] = types.MappingProxyType({}),
) -> None:
    """Writes answers, and with grades what the authors call `_eval_all.json`.

    Args:
      answers: extracted, by the ids of problems.
      grades: of each of them.
      cases: that programs were run on.
    """
    rows = evaluated(problems, answers, grades, cases)
    path.write_text(json.dumps(rows, indent=4) + "\n", encoding="utf-8")


def evaluated(
    problems: Sequence[Problem],
    answers: Mapping[str, Sequence[str]],
    grades: Mapping[str, Sequence[Grade]] | None,
    cases: Mapping[str, Sequence[Case]],
) -> list[dict[str, Any]]:
    """The objects that `write` writes."""
    written = []
    for problem in problems:
        row = {key: problem.row[key] for key in _KEYS if key in problem.row}
        name = "code_list" if "public_test_cases" in problem.row else "pred_list"
        row[name] = list(answers[problem.id])
        if grades is not None:
            given = grades[problem.id]
            row["graded_list"] = [grade.passed for grade in given]
            row["pass@1"] = sum(row["graded_list"]) / len(given)
            told = [_metadata(grade, cases.get(problem.id, ())) for grade in given]
            row["metadata"] = [json.dumps(one) for one in told]
        written.append(row)
    return written


def objects(path: pathlib.Path) -> list[dict[str, Any]]:
    """Raises:
    UserError: the file is no JSON array of objects that name problems.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserError(f"{path} must be a JSON array of objects.")
    for number, row in enumerate(rows, start=1):
        if not ("id" in row or "question_id" in row):
            raise UserError(f"{path}: object {number} has no `question_id` or `id`.")
    return rows


def _id(row: Mapping[str, Any]) -> str:
    if "question_id" not in row:
        return str(row["id"])
    parts = (row["question_id"], row["test_id"]) if "test_id" in row else ()
    return "/".join(map(str, parts)) or str(row.get("id", row["question_id"]))


def _metadata(grade: Grade, cases: Sequence[Case]) -> dict[str, Any]:
    """What the authors tell of a grade; input and expected output in fields of their
    own where the cases are known, the first standing for all if none was run."""
    if grade.passed:
        return {"execution time": grade.seconds}
    code = grade.codes[-1] if grade.codes else _BY_KIND.get(grade.kind, -4)
    about = {
        "error_code": code,
        "error_message": _MESSAGES[code],
        "kind": str(grade.kind),
    }
    if not cases:
        return {**about, "error": grade.detail}
    given, expected = map(shortened, cases[max(len(grade.codes) - 1, 0)])
    said = grade.detail.removeprefix(f"Input: {given}\n")
    said = said.removesuffix(f"\nExpected: {expected}")
    field = "output" if code == -2 else "error"
    said = said.removeprefix("Generated Output: ")
    return {**about, "inputs": given, "expected": expected, field: said}
