"""Scenario 4: what a given function returns for a given input."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
from collections.abc import Sequence

from eval.benchmarks.livecodebench import literal
from eval.benchmarks.livecodebench.generation import chosen, dated
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

STOP = ("[/ANSWER]",)
_FIELDS = ("id", "code", "input", "output", "contest_date")
_TASK = """Below is a Python function and an assertion whose right side is missing. \
Work out what the call returns, even if the function looks wrong or unfinished, and \
complete the assertion with that value, as a literal. {how}Write the whole assertion \
between [ANSWER] and [/ANSWER], as in the example.

[PYTHON]
def repeat(word: str, times: int) -> str:
    return word.upper() * times
assert repeat(word = "ab", times = 2) == ??
[/PYTHON]
{thought}[ANSWER]
assert repeat(word = "ab", times = 2) == "ABAB"
[/ANSWER]

[PYTHON]
"""
_HOW = "First go through the code step by step. "
_THOUGHT = """[THOUGHT]
The function is called with word = "ab" and times = 2.
1. word.upper() is "AB".
2. "AB" * 2 is "ABAB", which is returned.
[/THOUGHT]
"""


@dataclasses.dataclass(frozen=True)
class Execution:
    """A `benchmark.Benchmark`.

    Attributes:
      reasoning: the model is asked to think before it answers (CoT).
    """

    problems: Sequence[Problem]
    reasoning: bool = False

    @property
    def name(self) -> str:
        return f"LiveCodeBench, code execution{', CoT' if self.reasoning else ''}"

    def prompt(self, problem: Problem) -> Prompt:
        row = problem.row
        told = (_HOW, _THOUGHT) if self.reasoning else ("", "")
        task = _TASK.format(how=told[0], thought=told[1])
        asked = f"{row['code']}\nassert {row['input']} == ??\n[/PYTHON]\n"
        end = "[THOUGHT]\n" if self.reasoning else "[ANSWER]\n"
        return Prompt(f"{task}{asked}{end}", STOP)

    def extract(self, problem: Problem, completion: str) -> str:
        """What stands behind the first `==`, as `extract_execution_code` has it."""
        text = completion
        if "[ANSWER]" in text:
            text = text.split("[ANSWER]")[1].strip()
        if "==" in text:
            text = text.split("==")[1].strip()
        if "[/ANSWER]" in text:
            return text.split("[/ANSWER]")[0].strip()
        return text.split("\n")[0].strip()

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission:
            return Grade(Kind.MALFORMED, "There is no answer.")
        if problem.row["input"] in submission:
            return Grade(
                Kind.MALFORMED, "The answer repeats the call that is asked for."
            )
        return literal.grade(sandbox, submission, problem.row["output"])

    def gold(self, problem: Problem) -> str:
        return f"[ANSWER]\n{problem.row['output']}\n[/ANSWER]"


def load(
    path: pathlib.Path,
    reasoning: bool = False,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> Execution:
    """Reads `execution` or `execution-v2`, as JSONL.

    Raises:
      UserError: a row is malformed, or no contest is in the window.
    """
    rows = dated(path, _FIELDS).values()
    problems = [
        Problem(row["id"], "python", row, str(row.get("question_id") or ""))
        for row in rows
    ]
    return Execution(chosen(problems, start, end, path), reasoning)
