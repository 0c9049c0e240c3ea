"""CRUXEval, arXiv:2401.03065: predicting what a function gives, or what gives a result.

Form of the prompts, stop word and extraction are those of the authors' repository,
https://github.com/facebookresearch/cruxeval, as are the rules: a predicted output may
not call the function as asked, a predicted input must be a call of it, and three
seconds.

The authors put the answer into an assertion as code; here it is evaluated to data in a
sandbox of its own, and the judge compares. So what is equal to everything, or reaches
the right result around the function, is no answer.
"""

from __future__ import annotations

import dataclasses
import enum
import pathlib
import re
from collections.abc import Sequence

from data_pipeline.schema import UserError
from eval.benchmarks import extraction, jsonl
from eval.benchmarks.cruxeval_prompts import PROMPTS
from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

STOP = ("[/ANSWER]",)
_FIELDS = ("id", "code", "input", "output")
_SECONDS = 3.0

_OUTPUT = """{code}


def f(*_, **__):
    raise ValueError("The answer must be a value, not a call.")


def answer():
    return (
{answer}
)
"""
_INPUT = """{code}


def f(*positional, **named):
    return [positional, named]


def answer():
    return (
{answer}
)
"""
_CHECK_OUTPUT = "assert ({output}) == answer()\n"
_CHECK_INPUT = """
positional, named = answer()
assert isinstance(positional, tuple) and isinstance(named, dict)
assert ({output}) == f(*positional, **named)
"""


class Task(enum.StrEnum):
    OUTPUT = "output"
    INPUT = "input"


@dataclasses.dataclass(frozen=True)
class CruxEval:
    """A `benchmark.Benchmark` with one of the two tasks.

    Attributes:
      reasoning: the model is asked to think before it answers (CoT).
    """

    problems: Sequence[Problem]
    task: Task
    reasoning: bool = False

    @property
    def name(self) -> str:
        return f"CRUXEval, {self.task}{', CoT' if self.reasoning else ''}"

    def prompt(self, problem: Problem) -> Prompt:
        template = PROMPTS[self.task.value, self.reasoning]

        def field(found: re.Match[str]) -> str:
            return problem.row[found[1]]

        return Prompt(re.sub("<(code|input|output)>", field, template), STOP)

    def extract(self, problem: Problem, completion: str) -> str:
        """The predicted value, or the call with the predicted input."""
        text = extraction.until(completion, STOP)
        if "[ANSWER]" in text:
            text = text.split("[ANSWER]")[1].strip()
        if self.task == Task.OUTPUT:
            return (text.split("==")[1] if "==" in text else text).strip()
        text = text.split("==")[0]
        return (text.split("assert")[1] if "assert" in text else text).strip()

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        row = problem.row
        if not submission:
            return Grade(Kind.MALFORMED, "There is no answer.")
        if self.task == Task.OUTPUT and f"f({row['input']})" in submission:
            return Grade(
                Kind.MALFORMED, "The answer repeats the call that is asked for."
            )
        if self.task == Task.INPUT and "f(" not in submission:
            return Grade(Kind.MALFORMED, "The answer is no call of f.")
        source = _OUTPUT if self.task == Task.OUTPUT else _INPUT
        check = _CHECK_OUTPUT if self.task == Task.OUTPUT else _CHECK_INPUT
        tests = Tests(
            check.replace("{output}", row["output"]),
            names=("answer",),
            context=row["code"],
            seconds=_SECONDS,
        )
        source = source.replace("{code}", row["code"]).replace("{answer}", submission)
        return judge(sandbox, tests, source)

    def gold(self, problem: Problem) -> str:
        """The whole assertion, as asked for, unless the rules above would tear it."""
        row = problem.row
        call = f"f({row['input']})"
        answer = row["output"] if self.task == Task.OUTPUT else call
        whole = f"assert {call} == {row['output']}"
        whole = whole if self.extract(problem, whole) == answer else answer
        return f"[/THOUGHT]\n[ANSWER]\n{whole}\n" if self.reasoning else f"{whole}\n"


def load(
    path: pathlib.Path,
    task: Task | str,
    reasoning: bool = False,
) -> CruxEval:
    """Reads `cruxeval.jsonl`; for the rest see `CruxEval`.

    Raises:
      UserError: a row is malformed.
    """
    rows = jsonl.rows(path, _FIELDS)
    for number, row in enumerate(rows, start=1):
        for field in _FIELDS:
            if not isinstance(row[field], str):
                raise UserError(f"{path}, row {number}: {field!r} must be a text.")
    problems = [Problem(row["id"], "python", row) for row in rows]
    return CruxEval(problems, Task(task), reasoning)
