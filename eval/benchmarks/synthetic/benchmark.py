"""The tasks as a benchmark: a prompt for each scenario, answers run or compared."""

from __future__ import annotations

import collections
import itertools
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.programs import actions
from data_pipeline.programs.actions import ActionError
from data_pipeline.programs.scenarios import SCENARIOS
from data_pipeline.schema import UserError
from data_pipeline.text.special import LANGUAGES
from eval.benchmarks import extraction, jsonl
from eval.benchmarks.edits import formats
from eval.benchmarks.edits.error import EditError
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt, distinct
from eval.benchmarks.samples import Sample
from eval.benchmarks.synthetic import signs, trial
from eval.benchmarks.synthetic.rows import FIELDS, renewed
from eval.sandbox.sandbox import Sandbox

_ANSWERS_AS_THEY_ARE = ("edit", "act")
_COMPARED = ("predict", "plan")


class Programs:
    """See `benchmark.Benchmark`; a submission is a function, a value, an edit, an
    action or a plan, by the scenario of its row."""

    name = "Synthetic programs"

    def __init__(self, rows: Sequence[Mapping[str, Any]], path: pathlib.Path):
        problems = (
            Problem(row["id"], row["language"], row, row["fingerprint"]) for row in rows
        )
        self.problems = distinct(problems, path)

    def prompt(self, problem: Problem) -> Prompt:
        return Prompt(problem.row["prompt"])

    def extract(self, problem: Problem, completion: str) -> str:
        """The answer, without line ends around; of a function that stands in a fenced
        block, the block."""
        answer = completion.strip("\n")
        if not answer.strip():
            return ""
        if problem.row["scenario"] not in (*_ANSWERS_AS_THEY_ARE, *_COMPARED):
            answer = extraction.code(answer) or answer
        return answer + "\n"

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """Runs a function on the hidden arguments, or compares what is no function."""
        scenario = problem.row["scenario"]
        if not submission:
            return Grade(Kind.MALFORMED, "There is no answer.")
        if scenario in _COMPARED:
            return _compared(problem, submission)
        if scenario == "act":
            return self._acted(problem, submission, sandbox)
        if scenario == "edit":
            return self._edited(problem, submission, sandbox)
        return _run(problem, submission, sandbox)

    def gold(self, problem: Problem) -> str:
        return problem.row["response"]

    def cheating(self, answered: Sequence[Sample]) -> dict[str, Any]:
        """What share of answers shows signs of it (`signs.found`), and how many show
        each sign. As in reinforcement, what was cut shows none."""
        by_id = {problem.id: problem for problem in self.problems}
        found = [
            signs.found(self.extract(problem, one.completion), problem.row)
            for one in answered
            if not one.cut
            for problem in [by_id[one.problem]]
        ]
        return {
            "share": sum(map(bool, found)) / max(len(answered), 1),
            "by_sign": dict(collections.Counter(itertools.chain(*found))),
        }

    def _edited(self, problem: Problem, reply: str, sandbox: Sandbox) -> Grade:
        path, before = problem.row["path"], problem.row["before"]
        try:
            after = formats.FORMATS["diff"].apply(reply, {path: before}, [path])
        except EditError as error:
            return Grade(Kind.MALFORMED, str(error))
        return _run(problem, after[path], sandbox)

    def _acted(self, problem: Problem, text: str, sandbox: Sandbox) -> Grade:
        try:
            action = actions.parse(text)
        except ActionError as error:
            return Grade(Kind.MALFORMED, str(error))
        wanted = actions.parse(problem.row["response"])
        if (action.kind, action.path) != (wanted.kind, wanted.path):
            detail = f"{action.kind} {action.path} is not what helps here."
            return Grade(Kind.WRONG_ANSWER, detail)
        if action.kind != "edit":
            return Grade(Kind.PASSED)
        return self._edited(problem, text.removeprefix("edit\n"), sandbox)


def _compared(problem: Problem, submission: str) -> Grade:
    wanted = problem.row["response"].strip()
    if submission.strip() == wanted:
        return Grade(Kind.PASSED)
    return Grade(Kind.WRONG_ANSWER, f"{submission.strip()} is not {wanted}.")


def _run(problem: Problem, source: str, sandbox: Sandbox) -> Grade:
    """Calls a function on hidden arguments.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    row = problem.row
    tried = trial.run(row, source, row["calls"], row["expected"], sandbox)
    detail = tried.detail
    if tried.kind == Kind.WRONG_ANSWER:
        detail = _first_wrong(row, tried.results)
    elif tried.kind == Kind.PASSED:
        detail = ""
    return Grade(tried.kind, detail, tried.seconds)


def _first_wrong(row: Mapping[str, Any], got: Sequence[str]) -> str:
    for args, wanted, found in zip(row["calls"], row["expected"], got, strict=False):
        if wanted != found:
            inner = ", ".join(map(json.dumps, args))
            return f"{row['name']}({inner}) returned {found}, expected {wanted}."
    return "There are more results than calls."


def load(path: pathlib.Path) -> Programs:
    """The tasks of a file that `rows.save` wrote.

    Raises:
      UserError: a row is malformed.
    """
    rows = jsonl.rows(path, list(FIELDS))
    for number, row in enumerate(rows, start=1):
        for field, kind in FIELDS.items():
            if not isinstance(row[field], kind):
                raise UserError(
                    f"{path}, row {number}: {field!r} must be of type {kind.__name__}."
                )
        for field, known in (("language", LANGUAGES), ("scenario", SCENARIOS)):
            if row[field] not in known:
                raise UserError(
                    f"{path}, row {number}: there is no {field} {row[field]!r}."
                )
        for field in ("expected", "public_expected"):
            row[field] = renewed(row[field], f"{path}, row {number}, {field!r}")
    return Programs(rows, path)
