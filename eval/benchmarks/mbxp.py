"""MBXP: MBPP's problems in other languages. Athiwaratkun et al., arXiv:2210.14868.

Prompt, completion and tests become one file, as in `execution.py` of mxeval, but for
what tells the end of the tests (see `in_program`).
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks import assembly, continuation, humaneval, in_program, jsonl
from eval.benchmarks.harness import text
from eval.benchmarks.in_program import Assembled
from eval.benchmarks.judge.judging import judge
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt, distinct
from eval.sandbox.sandbox import Sandbox

_FIELDS = ("task_id", "prompt", "entry_point", "test", "language")


@dataclasses.dataclass(frozen=True)
class MBXP:
    """A `benchmark.Benchmark`: models go on with a documented head of a function."""

    problems: Sequence[Problem]
    name: str = "MBXP"

    def prompt(self, problem: Problem) -> Prompt:
        return Prompt(problem.row["prompt"])

    def extract(self, problem: Problem, completion: str) -> str:
        """The whole source, the prompt's part included."""
        row = problem.row
        return continuation.whole(
            problem.language, row["prompt"], row["entry_point"], completion
        )

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission:
            return Grade(Kind.MALFORMED, "There is no code in the answer.")
        if problem.language == "python":
            tests = humaneval.function_tests(problem.row, problem.row["prompt"])
            return judge(sandbox, tests, submission)
        try:
            assembled = _ASSEMBLE[problem.language](submission, problem.row)
        except in_program.NotRunnable as error:
            return Grade(Kind.NOT_RUN, str(error))
        return in_program.grade(assembled, sandbox)

    def gold(self, problem: Problem) -> str | None:
        """The authors' solution, which a model wrote; in part there is none."""
        return problem.row.get("canonical_solution")


def load(path: pathlib.Path) -> MBXP:
    """Reads a file of one language, or a folder with a file for each.

    Raises:
      UserError: a row is malformed, of a language that the sandbox does not know, or
        there twice.
    """
    found = []
    for row in jsonl.rows_of_all(path, _FIELDS):
        name, language = str(row["task_id"]), row["language"]
        if language not in ("python", *_ASSEMBLE):
            raise UserError(
                f"{path}: {name} is in {language!r}; programs can be run in python, "
                f"{', '.join(_ASSEMBLE)}."
            )
        found.append(Problem(name, language, row, name.partition("/")[2]))
    return MBXP(distinct(found, path))


def _cpp(source: str, row: Mapping[str, Any]) -> Assembled:
    test = assembly.before_end(row["test"], "tests_ended();")
    files = {
        "main.cpp": f"{source}\nvoid tests_ended();\n{test}",
        "ended.cpp": text("ended.cpp"),
    }
    return assembly.program("cpp", "main.cpp", files)


def _go(source: str, row: Mapping[str, Any]) -> Assembled:
    test = assembly.before_end(row["test"], "testsEnded()")
    files = {"main.go": source + test, "ended.go": text("ended.go")}
    return assembly.program("go", "main.go", files)


def _java(source: str, row: Mapping[str, Any]) -> Assembled:
    files = {"Main.java": source + row["test"], "Ended.java": text("Ended.java")}
    return assembly.program("java", "Ended.java", files)


def _javascript(source: str, row: Mapping[str, Any]) -> Assembled:
    files = {
        "tests.js": source + row["test"],
        "ended.js": text("ended.js"),
        "node_modules/lodash.js": text("lodash.js"),
    }
    return assembly.program("javascript", "ended.js", files)


_ASSEMBLE = {
    "cpp": _cpp,
    "go": _go,
    "java": _java,
    "javascript": _javascript,
}
