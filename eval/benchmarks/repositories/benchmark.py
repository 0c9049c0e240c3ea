"""The repositories as a benchmark: issue, patch, hidden tests."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks import jsonl
from eval.benchmarks.edits import formats, unified
from eval.benchmarks.edits.error import EditError
from eval.benchmarks.problem import BY_LIMIT, Grade, Kind, Problem, Prompt
from eval.benchmarks.repositories import generator, testing
from eval.benchmarks.swebench import grading, instances
from eval.benchmarks.swebench.grading import Resolved
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import NoToolchain

_FIELDS = (
    *("instance_id", "problem_statement", "patch", "files", "hidden"),
    *(instances.FAIL_TO_PASS, instances.PASS_TO_PASS),
)
_TASK = """\
These are the files of a repository:

{files}
Solve this issue:

{issue}
"""


class Repositories:
    """See `benchmark.Benchmark`; a submission is a reply in the edit format.

    Attributes:
      name: with the edit format, on which the numbers depend.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], edit_format: str):
        self.name = f"repositories ({edit_format})"
        self._format = formats.require(edit_format)
        self.problems = [Problem(row["instance_id"], "python", row) for row in rows]

    def prompt(self, problem: Problem) -> Prompt:
        """The issue and all files that are not hidden."""
        row = problem.row
        files = formats.FORMATS["whole"].write({}, row["files"])
        task = _TASK.format(files=files, issue=row["problem_statement"])
        return Prompt(f"{task}\n{self._format.instructions}")

    def extract(self, problem: Problem, completion: str) -> str:
        """The reply as it is: an edit is read together with the files that it edits."""
        return completion if completion.strip() else ""

    def patch(self, problem: Problem, submission: str) -> str:
        """What a reply changes, as a patch: `model_patch` of a prediction.

        Raises:
          EditError: the reply cannot be applied.
        """
        files = problem.row["files"]
        return unified.difference(files, self._format.apply(submission, files))

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """Runs the hidden tests on the repository after a reply."""
        row = problem.row
        try:
            after = self._format.apply(submission, row["files"])
        except EditError as error:
            return Grade(Kind.MALFORMED, str(error))
        kept = {
            path: text for path, text in after.items() if path.split("/")[0] != "tests"
        }
        hidden = row["hidden"]
        tests = sorted(path for path in hidden if "/test_" in path)
        try:
            ran = testing.run({**kept, **hidden}, tests, sandbox)
        except NoToolchain as error:
            return Grade(Kind.NOT_RUN, str(error))
        seconds = ran.outcome.wall_seconds
        if ran.outcome.limit is not None:
            kind = BY_LIMIT[ran.outcome.limit]
            return Grade(kind, ran.output, seconds)
        if ran.statuses is None:
            left = ran.outcome.exit_code == 0
            kind = Kind.EARLY_EXIT if left else Kind.RUNTIME_ERROR
            return Grade(kind, ran.output, seconds)
        report = grading.report(
            json.loads(row[instances.FAIL_TO_PASS]),
            json.loads(row[instances.PASS_TO_PASS]),
            ran.statuses,
        )
        if report.resolved == Resolved.FULL:
            return Grade(Kind.PASSED, seconds=seconds)
        detail = f"{report.resolved}\n{ran.output}"
        return Grade(Kind.WRONG_ANSWER, detail, seconds)

    def gold(self, problem: Problem) -> str:
        """The reply that takes the bug out."""
        files = problem.row["files"]
        after = formats.FORMATS["udiff"].apply(problem.row["patch"], files)
        return self._format.write(files, after)


def load(path: pathlib.Path, edit_format: str = "diff") -> Repositories:
    """The repositories of a file that `generator.save` wrote.

    Raises:
      UserError: a row is malformed, or there is no such format.
    """
    rows = jsonl.rows(path, _FIELDS)
    for number, row in enumerate(rows, start=1):
        for field in ("files", "hidden"):
            texts = row[field].values() if isinstance(row[field], dict) else [None]
            if not all(isinstance(text, str) for text in texts):
                raise UserError(f"{path}, row {number}: {field!r} must hold texts.")
    return Repositories(rows, edit_format)


def generated(
    split: generator.Split,
    seed: int,
    count: int,
    sandbox: Sandbox,
    edit_format: str = "diff",
) -> Repositories:
    """Repositories that are made now; the same for the same arguments.

    Raises:
      NoToolchain: the sandbox has no Python.
      UserError: there is no such split or format.
    """
    return Repositories(
        list(generator.generate(split, seed, count, sandbox)), edit_format
    )
