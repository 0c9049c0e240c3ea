"""HumanEval-X: HumanEval's problems in six languages. arXiv:2303.17568."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

from data_pipeline.schema import UserError
from eval.benchmarks import assembly, continuation, in_program, jsonl
from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt, distinct
from eval.sandbox.limits import RUNNING
from eval.sandbox.sandbox import Sandbox

LANGUAGES = {
    "Python": "python",
    "CPP": "cpp",
    "Go": "go",
    "Java": "java",
    "JavaScript": "javascript",
    "Rust": "rust",
}
"""By the first part of a task's id."""
STOP = {
    "python": ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\nassert"),
    "go": ("\n//", "\nfunc main(", "\nfunc"),
}
"""HumanEvalPack's stop words, where a language has some; "struct", which ends Go
answers that use one, is left out. Where a function ends is told by `continuation`."""
_IMPORTS = (
    *("import math", "import re", "import sys", "import copy", "import datetime"),
    *("import itertools", "import collections", "import heapq", "import statistics"),
    *("import functools", "import hashlib", "import string", "from typing import *"),
    "from collections import *",
)
"""Before every answer in Python; numpy, which no test uses, is left out."""
_FIELDS = ("task_id", "prompt", "declaration", "canonical_solution", "test")


@dataclasses.dataclass(frozen=True)
class HumanEvalX:
    """A `benchmark.Benchmark`: models go on with a documented head of a function."""

    problems: Sequence[Problem]
    name: str = "HumanEval-X"

    def prompt(self, problem: Problem) -> Prompt:
        """The authors' prompt; that of Rust, which they build from two fields, too."""
        return Prompt(self.head(problem), STOP.get(problem.language, ()))

    def head(self, problem: Problem) -> str:
        """The source that a completion goes on with."""
        row = problem.row
        if problem.language != "rust" or "fn " in row["prompt"]:
            return row["prompt"]
        uses, mark, function = row["declaration"].partition("\nfn ")
        return f"{uses.strip()}\n{row['prompt']}{mark.lstrip()}{function}"

    def entry(self, problem: Problem) -> str:
        """The name of the function that is asked for: the last one declared."""
        language, declaration = problem.language, problem.row["declaration"]
        return continuation.defined(language, declaration)[-1]

    def extract(self, problem: Problem, completion: str) -> str:
        """The whole source, the prompt's part included."""
        return continuation.whole(
            problem.language,
            self.head(problem),
            self.entry(problem),
            completion,
            STOP.get(problem.language, ()),
        )

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission:
            return Grade(Kind.MALFORMED, "There is no code in the answer.")
        if problem.language == "python":
            source = "\n".join([*_IMPORTS, submission])
            return judge(sandbox, self.tests(problem), source)
        try:
            assembled = assembly.assemble(problem.language, submission, problem.row)
        except in_program.NotRunnable as error:
            return Grade(Kind.NOT_RUN, str(error))
        return in_program.grade(assembled, sandbox)

    def tests(self, problem: Problem) -> Tests:
        """Of a problem in Python; they run in another process than the submission."""
        context = "\n".join([*_IMPORTS, problem.row["prompt"]])
        names = (self.entry(problem),)
        return Tests(problem.row["test"], names, context, RUNNING.wall_seconds)

    def gold(self, problem: Problem) -> str:
        """The authors' solution; in a block where it has more than the function."""
        head, solution = self.head(problem), problem.row["canonical_solution"]
        # Where the prompt goes without its last line end, the answer has it.
        solution = ("" if head.endswith("\n") else "\n") + solution
        if self.extract(problem, solution).rstrip() == (head + solution).rstrip():
            return solution
        return f"```\n{head}{solution}\n```"


def load(path: pathlib.Path) -> HumanEvalX:
    """Reads a file of one language, or a folder with a file for each.

    Raises:
      UserError: a row is malformed.
    """
    return HumanEvalX(problems(path, _FIELDS))


def problems(path: pathlib.Path, fields: Sequence[str]) -> list[Problem]:
    """The rows as problems, their languages told from their ids.

    Raises:
      UserError: a row is malformed, of another language, or there twice.
    """
    found = []
    for row in jsonl.rows_of_all(path, fields):
        name = str(row["task_id"])
        language = LANGUAGES.get(name.partition("/")[0])
        if language is None:
            raise UserError(
                f"{path}: the task {name!r} is of none of the languages "
                f"{', '.join(LANGUAGES)}."
            )
        found.append(Problem(name, language, row, name.partition("/")[2]))
    return distinct(found, path)
