"""HumanEvalExplain, arXiv:2308.07124: is a function told so well that it can be written
from what was told?

Two steps, after the authors' `bigcode_eval/tasks/humanevalpack.py`. First a model
describes the solution of a problem, in at most as many characters as the authors' own
description has. Lines of the solution that the description repeats are taken out of it.
Then a model writes the function from its head and the description alone, and the tests
are run. So the first step has no score: it is the second one's.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

from data_pipeline.schema import UserError
from eval.benchmarks import extraction, humaneval_x, humanevalpack, models
from eval.benchmarks.humaneval_x import STOP
from eval.benchmarks.humanevalpack import HumanEvalPack
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

_LONGEST_REPEATED = 20
"""Characters of a line of the solution that a description may hold."""
_NAMES = {
    "python": "Python",
    "cpp": "C++",
    "javascript": "JavaScript",
    "java": "Java",
    "go": "Go",
    "rust": "Rust",
}


@dataclasses.dataclass(frozen=True)
class Describe:
    """A `benchmark.Benchmark` whose answers are descriptions, which nothing grades."""

    problems: Sequence[Problem]
    name: str = "HumanEvalPack (explain: describe)"

    def prompt(self, problem: Problem) -> Prompt:
        code = humanevalpack.declaration(problem) + problem.row["canonical_solution"]
        asked = (
            "Provide a concise natural language description of the code using at most "
            f"{len(problem.row['docstring'])} characters."
        )
        return Prompt(f"{code}\n{asked}".strip(), STOP.get(problem.language, ()))

    def extract(self, problem: Problem, completion: str) -> str:
        """The description: cut to its length and at stop words, without the code."""
        text = completion.strip()[: len(problem.row["docstring"])]
        text = extraction.until(text, STOP.get(problem.language, ())).rstrip()
        for line in problem.row["canonical_solution"].split("\n"):
            if len(line.strip()) > _LONGEST_REPEATED:
                text = text.replace(line.strip(), "")
        return text

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission.strip():
            return Grade(Kind.MALFORMED, "There is no description.")
        return Grade(
            Kind.NOT_RUN,
            "a description is graded by what is written from it: "
            "--evaluated=OUTPUT/samples.jsonl, with another --output.",
        )

    def gold(self, problem: Problem) -> str:
        """The authors' description."""
        return problem.row["docstring"]


@dataclasses.dataclass(frozen=True)
class Explain(HumanEvalPack):
    """A `benchmark.Benchmark` with a problem for each description.

    A model sees the head of the function without the authors' description, but its
    answer goes on with the whole of their prompt, as in `postprocess_generation`: in
    some of Go's it has a function that the solution needs.
    """

    name: str = "HumanEvalPack (explain)"

    def prompt(self, problem: Problem) -> Prompt:
        asked = (
            f"{problem.row['description']}\nWrite functional code in "
            f"{_NAMES[problem.language]} according to the description."
        )
        text = f"{asked}\n\n{humanevalpack.declaration(problem)}".strip()
        return Prompt(text, STOP.get(problem.language, ()))


def load(path: pathlib.Path, evaluated: pathlib.Path | None = None):
    """The first step; with its samples, the second.

    Args:
      path: a file of one language, or a folder with a file for each.
      evaluated: raw descriptions by the ids of their problems, as
        `models.recorded` reads them; problems without one are left out.

    Raises:
      UserError: a row is malformed, or no problem has a description.
    """
    fields = (*humanevalpack.FIELDS, "docstring")
    describe = Describe(humaneval_x.problems(path, fields))
    if evaluated is None:
        return describe
    completions = models.recorded(evaluated, []).completions
    problems = [
        Problem(
            f"{problem.id}/{number}",
            problem.language,
            {**problem.row, "description": describe.extract(problem, text)},
            problem.task,
        )
        for problem in describe.problems
        for number, text in enumerate(completions.get(problem.id, ()))
    ]
    if not problems:
        raise UserError(f"{evaluated} describes none of the problems of {path}.")
    return Explain(problems)
